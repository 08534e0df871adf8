#include "train/ranks/ranks.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier::train {

bool Ranks::any(bool here) { return std::ranges::count(gather(here ? "yes" : "no"), std::string("yes")) > 0; }

void Ranks::require_same(const std::string& what, const std::string& text) {
    const std::vector<std::string> texts = gather(text);
    for (std::size_t i = 1; i < texts.size(); ++i) {
        if (texts[i] == texts[0]) continue;
        throw Error(fmt::format("rank {} has {} than rank 0: {}, not {}", i, what, texts[i], texts[0]));
    }
}

}  // namespace espalier::train
