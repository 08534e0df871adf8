// ArgMin: where along `axis` (default 0) the smallest element is, the first of equals, or with
// select_last_index the last; the axis stays as 1 unless keepdims = 0.
#include "graph/computation/arg_extreme.h"

namespace espalier::ops_::arg_min_ {
namespace {

void evaluate(Evaluation& e) {
    find_extreme(e, [](auto x, auto best) { return x < best; });
}

}  // namespace

extern const Operator arg_min{.name = "ArgMin",
                              .summary = "where the smallest element is",
                              .infer = infer_extreme,
                              .evaluate = evaluate};

}  // namespace espalier::ops_::arg_min_
