// Floor: y = floor(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::floor_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::floor(x); });
}

}  // namespace

extern const Operator floor{.name = "Floor",
                            .summary = "rounded down",
                            .infer = infer_same_float,
                            .evaluate = evaluate,
                            .couple = couple_elements};

}  // namespace espalier::ops_::floor_
