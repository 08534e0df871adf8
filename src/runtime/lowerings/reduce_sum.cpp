// ReduceSum: sum over `axes` (default all).
#include "runtime/reductions/reduction.h"

namespace espalier::runtime::lowerings_::reduce_sum_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return summed(
        site, [](double x) { return x; }, [](double sum) { return sum; });
}

}  // namespace

extern const Lowering reduce_sum{.name = "ReduceSum",
                                 .summary = "sum over dimensions",
                                 .candidates = candidates,
                                 .takes = takes_reduction,
                                 .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::reduce_sum_
