// ReduceMean: the mean over dimensions, all if none is named.
#include "runtime/lowering.h"
#include "runtime/reductions/mean_reduction.h"

namespace espalier::runtime::lowerings_::reduce_mean_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    std::vector<bool> reduced(x.size(), !site.node.attributes.contains("axes"));
    for (const std::int64_t axis : site.node.attribute_ints("axes", {})) {
        reduced[static_cast<std::size_t>(axis < 0 ? axis + std::ssize(x) : axis)] = true;
    }
    return {mean_over(x, reduced)};
}

}  // namespace

extern const Lowering reduce_mean{
    .name = "ReduceMean", .summary = "mean over dimensions", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::reduce_mean_
