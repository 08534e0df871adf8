// PRelu: x, times a slope below 0, with numpy broadcasting of the slope.
#include "runtime/loops/broadcast.h"

namespace espalier::runtime::lowerings_::prelu_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return {broadcast_loops<float, float, float>(site,
                                                 [](float x, float slope) { return x < 0 ? x * slope : x; })};
}

}  // namespace

extern const Lowering prelu{.name = "PRelu", .summary = "x, times a slope below 0", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::prelu_
