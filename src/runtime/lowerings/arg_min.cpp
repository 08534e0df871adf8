// ArgMin: where along `axis` the smallest element is.
#include "runtime/reductions/arg_reduce.h"

namespace espalier::runtime::lowerings_::arg_min_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return extreme_index(site, [](float x, float best) { return x < best; });
}

}  // namespace

extern const Lowering arg_min{.name = "ArgMin",
                              .summary = "where the smallest element is",
                              .candidates = candidates,
                              .takes = takes_extreme_index,
                              .all_outputs = true,
                              .any_types = true};

}  // namespace espalier::runtime::lowerings_::arg_min_
