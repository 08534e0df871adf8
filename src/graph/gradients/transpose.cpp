// Transpose: dx is dy in the inverse order.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::transpose_ {
namespace {

void derive(Derivation& d) {
    const std::size_t rank = d.shape(d.in()).size();
    std::vector<std::int64_t> order(rank);
    for (std::size_t i = 0; i < rank; ++i) order[i] = static_cast<std::int64_t>(rank - 1 - i);
    order = d.node().attribute_ints("perm", order);
    std::vector<std::int64_t> inverse(rank);
    for (std::size_t i = 0; i < rank; ++i)
        inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    d.give(0, d.transposed(d.dy(), inverse));
}

}  // namespace

extern const GradientRule transpose{
    .name = "Transpose", .summary = "dx is dy in the inverse order", .derive = derive};

}  // namespace espalier::gradients_::transpose_
