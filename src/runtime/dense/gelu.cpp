#include "runtime/dense/gelu.h"

#include <algorithm>

#include "kernels/gelu_f32/gelu_f32.h"
#include "runtime/loops/loop_kernel.h"

namespace espalier::runtime {

bool is_gelu(const Function& function) {
    using enum dnnl::algorithm;
    return function.algorithm == eltwise_gelu_erf || function.algorithm == eltwise_gelu_tanh;
}

std::shared_ptr<Kernel> gelu_kernel(const Function& function, std::int64_t count, int threads) {
    const kernels::GeluKind kind = function.algorithm == dnnl::algorithm::eltwise_gelu_tanh
                                       ? kernels::GeluKind::gelu_tanh
                                       : kernels::GeluKind::gelu;
    return loops(count, count,
                 [kind](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                     kernels::gelu_f32(kind, inputs[0].f32() + begin, output.f32() + begin, end - begin);
                 })
        .make(threads);
}

SplitSteps split_at_gelu(const std::vector<PostOperation>& steps) {
    const auto first = std::ranges::find_if(
        steps, [](const PostOperation& step) { return !step.added && is_gelu(step.function); });
    return {{steps.begin(), first}, {first, steps.end()}};
}

}  // namespace espalier::runtime
