// ArgMax: where along `axis` (default 0) the largest element is, the first of equals, or with
// select_last_index the last; the axis stays as 1 unless keepdims = 0.
#include "graph/computation/arg_extreme.h"

namespace espalier::ops_::arg_max_ {
namespace {

void evaluate(Evaluation& e) {
    find_extreme(e, [](auto x, auto best) { return x > best; });
}

}  // namespace

extern const Operator arg_max{.name = "ArgMax",
                              .summary = "where the largest element is",
                              .infer = infer_extreme,
                              .evaluate = evaluate};

}  // namespace espalier::ops_::arg_max_
