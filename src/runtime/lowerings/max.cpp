// Max: largest of the inputs at each place, with numpy broadcasting; NaN where one is NaN.
#include "runtime/loops/variadic.h"

namespace espalier::runtime::lowerings_::max_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return folded_inputs(site, [](float a, float b) { return a < b || b != b ? b : a; });
}

}  // namespace

extern const Lowering max{.name = "Max", .summary = "largest of the inputs", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::max_
