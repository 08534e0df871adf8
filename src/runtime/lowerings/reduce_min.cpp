// ReduceMin: smallest over `axes` (default all).
#include <limits>

#include "runtime/reductions/reduction.h"

namespace espalier::runtime::lowerings_::reduce_min_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return extreme(site, std::numeric_limits<float>::infinity(),
                   [](float x, float best) { return x < best; });
}

}  // namespace

extern const Lowering reduce_min{.name = "ReduceMin",
                                 .summary = "smallest over dimensions",
                                 .candidates = candidates,
                                 .takes = takes_reduction,
                                 .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::reduce_min_
