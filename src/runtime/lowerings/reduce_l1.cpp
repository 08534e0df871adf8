// ReduceL1: sum of magnitudes over `axes` (default all).
#include <cmath>

#include "runtime/reductions/reduction.h"

namespace espalier::runtime::lowerings_::reduce_l1_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return summed(
        site, [](double x) { return std::abs(x); }, [](double sum) { return sum; });
}

}  // namespace

extern const Lowering reduce_l1{.name = "ReduceL1",
                                .summary = "sum of magnitudes over dimensions",
                                .candidates = candidates,
                                .takes = takes_reduction,
                                .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::reduce_l1_
