// Min: smallest of the inputs at each place, with numpy broadcasting; NaN where one is NaN.
#include "runtime/loops/variadic.h"

namespace espalier::runtime::lowerings_::min_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return folded_inputs(site, [](float a, float b) { return b < a || b != b ? b : a; });
}

}  // namespace

extern const Lowering min{.name = "Min", .summary = "smallest of the inputs", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::min_
