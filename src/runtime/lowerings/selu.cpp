// Selu: gamma * x for x > 0, gamma * alpha * (exp(x) - 1) below.
#include "base/multiversion.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/loops/vector_math.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::selu_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count,
                                   float below, float gamma) {
    for (std::int64_t i = 0; i < count; ++i)
        y[i] = x[i] > 0 ? gamma * x[i] : below * (bounded_exp(x[i]) - 1.0F);
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const float alpha = site.node.attribute_float("alpha", 1.67326319217681884765625F);
    const float gamma = site.node.attribute_float("gamma", 1.05070102214813232421875F);
    const std::int64_t count = element_count(site.output);
    return {loops(
        count, 4 * count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            compute(inputs[0].f32() + begin, output.f32() + begin, end - begin, alpha * gamma, gamma);
        })};
}

}  // namespace

extern const Lowering selu{.name = "Selu", .summary = "scaled exponential below 0", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::selu_
