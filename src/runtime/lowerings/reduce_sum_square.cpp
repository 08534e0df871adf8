// ReduceSumSquare: sum of squares over `axes` (default all).
#include "runtime/reductions/reduction.h"

namespace espalier::runtime::lowerings_::reduce_sum_square_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return summed(
        site, [](double x) { return x * x; }, [](double sum) { return sum; });
}

}  // namespace

extern const Lowering reduce_sum_square{.name = "ReduceSumSquare",
                                        .summary = "sum of squares over dimensions",
                                        .candidates = candidates,
                                        .takes = takes_reduction,
                                        .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::reduce_sum_square_
