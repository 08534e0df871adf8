// Clip: y = min(max(x, low), high), each bound a scalar that may be left out.
#include <algorithm>
#include <limits>

#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::clip_ {
namespace {

std::vector<Function> functions(const Node& node, const Graph& graph) {
    const auto bound = [&](std::size_t i, float none) {
        return i < node.inputs.size() && !node.inputs[i].empty()
                   ? graph.initializers.at(node.inputs[i]).f32()[0]
                   : none;
    };
    const float infinity = std::numeric_limits<float>::infinity();
    const float low = bound(1, -infinity);
    const float high = bound(2, infinity);
    if (!(low <= high)) return {};  // means the same in every program only then
    return {{dnnl::algorithm::eltwise_clip, low, high}};
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const auto given = [&](std::size_t i) {
        return i < site.node.inputs.size() && !site.node.inputs[i].empty();
    };
    const std::size_t low_at = given(1) ? 1 : 0;  // among the operands; 0: left out
    const std::size_t high_at = given(2) ? low_at + 1 : 0;
    const std::int64_t count = element_count(site.output);
    return {
        loops(count, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            const float infinity = std::numeric_limits<float>::infinity();
            const float low = low_at == 0 ? -infinity : *inputs[low_at].f32();
            const float high = high_at == 0 ? infinity : *inputs[high_at].f32();
            const float* x = inputs[0].f32();
            float* y = output.f32();
            for (std::int64_t i = begin; i < end; ++i) y[i] = std::min(std::max(x[i], low), high);
        })};
}

}  // namespace

extern const Lowering clip{
    .name = "Clip", .summary = "bounded below and above", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::clip_
