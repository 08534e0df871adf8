#include "train/judging/agreement.h"

#include <fmt/format.h>

#include <span>

#include "base/hash.h"

namespace espalier::train {

void agree_on_masks(Ranks* ranks, const prune::MaskSet& masks, std::int64_t step) {
    if (!has_others(ranks)) return;
    std::string words;
    for (const auto& [name, mask] : masks) words += name + hash_hex(std::as_bytes(std::span(mask.words())));
    ranks->require_same(fmt::format("other masks at step {}", step), hash_hex(words));
}

void agree_on_weights(Ranks& ranks, const Weights& weights, std::int64_t step) {
    std::string words;
    for (const auto& [name, weight] : weights) words += name + hash_hex(weight.bytes());
    ranks.require_same(fmt::format("other weights at step {}", step), hash_hex(words));
}

}  // namespace espalier::train
