// Pow with a constant exponent for all elements: squares, roots and reciprocals without a call of a function.
#include <algorithm>
#include <cmath>

#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::pow_ {
namespace {

template <class F>
Candidate each(std::int64_t count, std::int64_t work, const F& f) {
    return loops(count, work, [f](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
        const float* x = inputs[0].f32();
        float* y = output.f32();
        for (std::int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
    });
}

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    const Dims& exponent = types.at(node.inputs[1]).dims;
    return types.at(node.inputs[0]).dims == types.at(node.outputs[0]).dims &&
           std::ranges::all_of(exponent, [](const Dim& dim) { return dim == Dim(1); });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const std::int64_t count = element_count(site.output);
    const float exponent = site.operands[1].constant->f32()[0];
    if (exponent == 2) return {each(count, count, [](float x) { return x * x; })};
    if (exponent == 3) return {each(count, count, [](float x) { return x * x * x; })};
    if (exponent == -1) return {each(count, count, [](float x) { return 1 / x; })};
    return {each(count, 20 * count, [exponent](float x) { return std::pow(x, exponent); })};
}

}  // namespace

extern const Lowering pow{.name = "Pow",
                          .summary = "all elements to one power",
                          .candidates = candidates,
                          .takes = takes,
                          .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::pow_
