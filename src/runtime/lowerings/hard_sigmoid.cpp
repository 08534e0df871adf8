// HardSigmoid: max(0, min(1, alpha * x + beta)).
#include <algorithm>

#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::hard_sigmoid_ {
namespace {

std::vector<Function> functions(const Node& node, const Graph&) {
    return {{dnnl::algorithm::eltwise_linear, node.attribute_float("alpha", 0.2F),
             node.attribute_float("beta", 0.5F)},
            {dnnl::algorithm::eltwise_clip, 0, 1}};
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const std::int64_t count = element_count(site.output);
    const float alpha = site.node.attribute_float("alpha", 0.2F);
    const float beta = site.node.attribute_float("beta", 0.5F);
    return {
        loops(count, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            const float* x = inputs[0].f32();
            float* y = output.f32();
            for (std::int64_t i = begin; i < end; ++i)
                y[i] = std::min(std::max(alpha * x[i] + beta, 0.0F), 1.0F);
        })};
}

}  // namespace

extern const Lowering hard_sigmoid{.name = "HardSigmoid",
                                   .summary = "a line between 0 and 1",
                                   .candidates = candidates,
                                   .functions = functions};

}  // namespace espalier::runtime::lowerings_::hard_sigmoid_
