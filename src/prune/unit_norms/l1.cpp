// sum of the scores: the L1 norm of the unit's weights for criterion "magnitude".
#include "prune/ranking/unit_norm.h"

namespace espalier::prune::unit_norms_::l1_ {
namespace {

void add(double* sums, const float* scores, std::int64_t units, std::int64_t width) {
    add_with(sums, scores, units, width, 0, Sum{});
}

}  // namespace

extern const UnitNorm l1{.name = "l1",
                         .summary = "sum of the scores",
                         .formula = "sum s",
                         .grows_with_size = true,
                         .add = add,
                         .finish = finish_sums};

}  // namespace espalier::prune::unit_norms_::l1_
