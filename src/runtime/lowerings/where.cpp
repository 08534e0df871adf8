// Where: a where the condition holds, b elsewhere, with numpy broadcasting; elements of any type are moved as
// bits.
#include "runtime/loops/broadcast.h"

namespace espalier::runtime::lowerings_::where_ {
namespace {

template <class Bits>
Candidate chosen(const LoweringContext& site) {
    return broadcast_loops<Bits, std::uint8_t, Bits, Bits>(
        site, [](std::uint8_t condition, Bits a, Bits b) { return condition != 0 ? a : b; });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    switch (size_of(site.operands[1].dtype)) {
        case 1:
            return {chosen<std::uint8_t>(site)};
        case 2:
            return {chosen<std::uint16_t>(site)};
        case 4:
            return {chosen<std::uint32_t>(site)};
        default:
            return {chosen<std::uint64_t>(site)};
    }
}

}  // namespace

extern const Lowering where{.name = "Where",
                            .summary = "a where a condition holds, else b",
                            .candidates = candidates,
                            .all_outputs = true,
                            .any_types = true};

}  // namespace espalier::runtime::lowerings_::where_
