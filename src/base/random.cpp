#include "base/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "base/hash.h"

namespace espalier {
namespace {

std::array<std::uint32_t, 4> round(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) noexcept {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2];
    return {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
            static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) noexcept {
    for (int i = 0; i < 10; ++i) {
        counter = round(counter, key);
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

Random::Random(std::uint64_t seed, std::string_view purpose) {
    const std::uint64_t key = hash_u64(purpose, seed);
    key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

std::uint32_t Random::next_u32() noexcept {
    if (left_ == 0) {
        words_ = philox({static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32), 0, 0},
                        key_);
        ++block_;
        left_ = 4;
    }
    return words_[4 - left_--];
}

std::uint64_t Random::next_u64() noexcept {
    const std::uint64_t low = next_u32();
    return low | std::uint64_t{next_u32()} << 32;
}

float Random::uniform() noexcept { return static_cast<float>(next_u32() >> 8) * 0x1p-24F; }

float Random::normal() noexcept {
    if (std::exchange(has_spare_normal_, false)) return spare_normal_;
    const double u = (static_cast<double>(next_u32()) + 1) * 0x1p-32;  // in (0, 1]: the logarithm is finite
    const double v = static_cast<double>(next_u32()) * 0x1p-32;
    const double radius = std::sqrt(-2 * std::log(u));
    spare_normal_ = static_cast<float>(radius * std::sin(2 * std::numbers::pi * v));
    has_spare_normal_ = true;
    return static_cast<float>(radius * std::cos(2 * std::numbers::pi * v));
}

std::uint64_t Random::below(std::uint64_t bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    Wide product = Wide{next_u64()} * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
        const std::uint64_t threshold = -bound % bound;
        while (static_cast<std::uint64_t>(product) < threshold) product = Wide{next_u64()} * bound;
    }
    return static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t Random::at(std::uint64_t index) const noexcept {
    // The second half of the counter is 1, so these words never meet those that next_u32() draws.
    const auto words =
        philox({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), 1, 0}, key_);
    return words[0] | std::uint64_t{words[1]} << 32;
}

std::vector<std::uint32_t> random_permutation(std::uint32_t count, Random& random) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    for (std::uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    return order;
}

}  // namespace espalier
