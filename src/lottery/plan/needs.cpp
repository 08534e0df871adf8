#include "lottery/plan/needs.h"

#include <algorithm>

namespace espalier::lottery {

std::vector<std::size_t> needs_of(const std::vector<StageSpec>& stages, std::size_t stage) {
    std::vector<std::size_t> needs;
    const StageSpec& spec = stages[stage];
    for (const int need : {spec.parent, spec.dense, spec.other}) {
        const auto at = static_cast<std::size_t>(need);
        if (need < 0 || at == stage || std::ranges::count(needs, at) > 0) continue;
        needs.push_back(at);
    }
    return needs;
}

}  // namespace espalier::lottery
