// Mean: mean of the inputs at each place, with numpy broadcasting.
#include "runtime/loops/variadic.h"

namespace espalier::runtime::lowerings_::mean_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return folded_inputs(
        site, [](float a, float b) { return a + b; },
        [](float sum, std::size_t inputs) { return sum / static_cast<float>(inputs); });
}

}  // namespace

extern const Lowering mean{.name = "Mean", .summary = "mean of the inputs", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::mean_
