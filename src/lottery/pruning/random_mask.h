// Random masks of exact counts.
#pragma once

#include "base/random.h"
#include "espalier/mask.h"

namespace espalier::lottery {

/// `kept` of the mask's places, every choice as likely.
inline prune::Mask random_kept(const Shape& shape, std::int64_t kept, Random& random) {
    prune::Mask mask(shape, false);
    const auto order = random_permutation(static_cast<std::uint32_t>(mask.count()), random);
    for (std::int64_t i = 0; i < kept; ++i) mask.set(order[static_cast<std::size_t>(i)], true);
    return mask;
}

}  // namespace espalier::lottery
