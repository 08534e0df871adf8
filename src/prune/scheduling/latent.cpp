#include "prune/scheduling/latent.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace espalier::prune {

Mask best_latents(const Latent& kind, const Shape& shape, std::span<const float> latent, std::int64_t count) {
    Mask mask(shape, false);
    if (count <= 0) return mask;
    std::vector<float> scores(latent.size());
    std::ranges::transform(latent, scores.begin(), kind.score);
    std::vector<float> ranked = scores;
    const auto last = ranked.begin() + (count - 1);
    std::ranges::nth_element(ranked, last, std::greater<>());
    const float least = *last;
    // Of those that score exactly as the last one there may be more than fit.
    auto equal = count - std::ranges::count_if(scores, [&](float score) { return score > least; });
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const bool is_kept = scores[i] > least || (scores[i] == least && equal-- > 0);
        if (is_kept) mask.set(static_cast<std::int64_t>(i), true);
    }
    return mask;
}

}  // namespace espalier::prune
