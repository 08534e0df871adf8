// Not: of booleans.
#include "runtime/loops/broadcast.h"

namespace espalier::runtime::lowerings_::not_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    using Byte = std::uint8_t;  // 0 or 1
    return {broadcast_loops<Byte, Byte>(site, [](Byte a) { return a ^ 1; })};
}

}  // namespace

extern const Lowering not_{.name = "Not",
                           .summary = "not, of booleans",
                           .candidates = candidates,
                           .all_outputs = true,
                           .any_types = true};

}  // namespace espalier::runtime::lowerings_::not_
