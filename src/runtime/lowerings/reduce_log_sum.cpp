// ReduceLogSum: logarithm of the sum over `axes` (default all).
#include <cmath>

#include "runtime/reductions/reduction.h"

namespace espalier::runtime::lowerings_::reduce_log_sum_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return summed(
        site, [](double x) { return x; }, [](double sum) { return std::log(sum); });
}

}  // namespace

extern const Lowering reduce_log_sum{.name = "ReduceLogSum",
                                     .summary = "logarithm of the sum over dimensions",
                                     .candidates = candidates,
                                     .takes = takes_reduction,
                                     .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::reduce_log_sum_
