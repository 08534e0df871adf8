// Equal: a == b, with numpy broadcasting.
#include "runtime/loops/comparison.h"

namespace espalier::runtime::lowerings_::equal_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    return compared(site, [](auto a, auto b) { return a == b; });
}

}  // namespace

extern const Lowering equal{.name = "Equal",
                            .summary = "a == b",
                            .candidates = candidates,
                            .takes = takes_comparison,
                            .all_outputs = true,
                            .any_types = true};

}  // namespace espalier::runtime::lowerings_::equal_
