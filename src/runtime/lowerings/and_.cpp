// And: a and b of booleans, with numpy broadcasting.
#include "runtime/loops/broadcast.h"

namespace espalier::runtime::lowerings_::and_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    using Byte = std::uint8_t;  // 0 or 1
    return {broadcast_loops<Byte, Byte, Byte>(site, [](Byte a, Byte b) { return a & b; })};
}

}  // namespace

extern const Lowering and_{.name = "And",
                           .summary = "and, of booleans",
                           .candidates = candidates,
                           .all_outputs = true,
                           .any_types = true};

}  // namespace espalier::runtime::lowerings_::and_
