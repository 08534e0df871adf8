// Abs: y = |x|.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::abs_ {
namespace {

void evaluate(Evaluation& e) {
    map_numbers(e, [](auto x) {
        if constexpr (std::is_signed_v<decltype(x)>)
            return x < 0 ? -x : x == 0 ? decltype(x)(0) : x;
        else
            return x;
    });
}

}  // namespace

extern const Operator abs{.name = "Abs",
                          .summary = "absolute value",
                          .infer = infer_same,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::abs_
