// Sum: sum of the inputs at each place, with numpy broadcasting.
#include "runtime/loops/variadic.h"

namespace espalier::runtime::lowerings_::sum_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return folded_inputs(site, [](float a, float b) { return a + b; });
}

}  // namespace

extern const Lowering sum{.name = "Sum", .summary = "sum of the inputs", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::sum_
