#include "lottery/network/examples.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace espalier::lottery {

data::Examples examples_from(const data::Examples& examples, std::int64_t begin, std::int64_t count) {
    std::vector<std::uint32_t> indices(
        static_cast<std::size_t>(std::clamp<std::int64_t>(examples.count() - begin, 0, count)));
    std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(begin));
    return data::select(examples, indices);
}

data::Examples drawn(const data::Examples& examples, std::int64_t count, std::uint64_t seed) {
    Random random(seed, "examples");
    auto order = random_permutation(static_cast<std::uint32_t>(examples.count()), random);
    order.resize(static_cast<std::size_t>(count));
    std::ranges::sort(order);
    return data::select(examples, order);
}

}  // namespace espalier::lottery
