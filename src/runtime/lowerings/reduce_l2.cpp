// ReduceL2: root of the sum of squares over `axes` (default all).
#include <cmath>

#include "runtime/reductions/reduction.h"

namespace espalier::runtime::lowerings_::reduce_l2_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return summed(
        site, [](double x) { return x * x; }, [](double sum) { return std::sqrt(sum); });
}

}  // namespace

extern const Lowering reduce_l2{.name = "ReduceL2",
                                .summary = "root of the sum of squares over dimensions",
                                .candidates = candidates,
                                .takes = takes_reduction,
                                .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::reduce_l2_
