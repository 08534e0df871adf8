#include "prune/ranking/ranking_simd.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "prune/ranking/ranking_simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace espalier::prune::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes: a mask of them is two bytes at the most.
using Floats = hn::CappedTag<float, 16>;

void absolute_lanes(const float* values, std::size_t count, float* out) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) hn::StoreU(hn::Abs(hn::LoadU(d, values + i)), d, out + i);
    for (; i < count; ++i) out[i] = std::abs(values[i]);
}

/// Bits of eight scores or, where vectors are longer, of one vector.
template <class Compare>
void store_bits(const float* scores, std::uint8_t* bytes, Compare compare) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    if (lanes >= 8) {
        hn::StoreMaskBits(d, compare(hn::LoadU(d, scores)), bytes);
        return;
    }
    unsigned byte = 0;
    for (std::size_t i = 0; i < 8; i += lanes) {
        std::uint8_t part = 0;
        hn::StoreMaskBits(d, compare(hn::LoadU(d, scores + i)), &part);
        byte |= static_cast<unsigned>(part) << i;
    }
    *bytes = static_cast<std::uint8_t>(byte);
}

template <class Compare>
void bits_where(const float* scores, std::size_t count, std::uint64_t* bits, Compare compare) {
    const Floats d;
    const std::size_t step = HWY_MAX(hn::Lanes(d), 8);
    auto* const bytes =
        reinterpret_cast<std::uint8_t*>(bits);  // little-endian: byte i of the words is bits 8 i ...
    std::size_t i = 0;
    for (; i + step <= count; i += step) store_bits(scores + i, bytes + i / 8, compare);
    if (i == count && count % 64 == 0) return;
    std::uint64_t last = 0;  // of the word that is not full
    for (std::size_t j = count / 64 * 64; j < i; j += 8) last |= std::uint64_t{bytes[j / 8]} << (j % 64);
    for (; i < count; ++i) {
        const bool bit = hn::CountTrue(d, compare(hn::Set(d, scores[i]))) != 0;
        last |= std::uint64_t{bit} << (i % 64);
    }
    bits[count / 64] = last;
}

void greater_lanes(const float* scores, std::size_t count, float threshold, std::uint64_t* bits) {
    const auto least = hn::Set(Floats(), threshold);
    bits_where(scores, count, bits, [least](auto v) HWY_ATTR { return hn::Gt(v, least); });
}

void not_less_lanes(const float* scores, std::size_t count, float threshold, std::uint64_t* bits) {
    const auto least = hn::Set(Floats(), threshold);
    bits_where(scores, count, bits, [least](auto v) HWY_ATTR { return hn::Ge(v, least); });
}

bool classify_lanes(const float* scores, std::size_t count, float low, float high, bool some_gone,
                    std::uint64_t* not_less, std::uint64_t* greater, const float* ahead) {
    const Floats d;
    const auto least = hn::Set(d, low);
    const auto most = hn::Set(d, high);
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const auto infinity = hn::Set(d, kInfinity);
    const auto lowest = hn::Set(d, some_gone ? -kInfinity : std::numeric_limits<float>::lowest());
    auto bad = hn::Zero(d);
    // The bits of a word are made by two walks over 64 scores that are at hand.
    for (std::size_t i = 0; i < count; i += 64) {
        const std::size_t part = HWY_MIN(count - i, 64);
        bits_where(scores + i, part, not_less + i / 64, [&](auto v) HWY_ATTR {
            const auto is_good = hn::And(hn::Lt(v, infinity), hn::Ge(v, lowest));
            bad = hn::Or(bad, hn::IfThenZeroElse(is_good, infinity));
            return hn::Ge(v, least);
        });
        bits_where(scores + i, part, greater + i / 64, [&](auto v) HWY_ATTR { return hn::Gt(v, most); });
        for (std::size_t line = i; ahead != nullptr && line < i + part; line += 16)
            hwy::Prefetch(ahead + line);
    }
    return hn::AllTrue(d, hn::Eq(bad, hn::Zero(d)));
}

/// A vector holds whole groups. Turned by r within each group, it holds against every score another of its
/// group; a turn that wraps around brings an earlier one, which wins ties.
class Groups {
  public:
    static constexpr std::size_t kMost = 16;

    Groups(std::size_t n, std::size_t m) : n_(static_cast<std::int32_t>(n)), turns_(m - 1) {
        const std::size_t lanes = hn::Lanes(Floats());
        for (std::size_t r = 1; r < m; ++r) {
            for (std::size_t i = 0; i < lanes; ++i) {
                const std::size_t place = i % m;
                from_[r - 1][i] = static_cast<std::int32_t>(i - place + (place + r) % m);
                wraps_[r - 1][i] = place + r >= m ? -1 : 0;
            }
        }
    }

    hn::Mask<Floats> best(hn::Vec<Floats> scores) const {
        const Floats d;
        const hn::RebindToSigned<Floats> di;
        auto beaten = hn::Zero(di);
        for (std::size_t r = 0; r < turns_; ++r) {
            const auto other = hn::TableLookupLanes(scores, hn::SetTableIndices(d, from_[r]));
            const auto wins = hn::VecFromMask(di, hn::RebindMask(di, hn::Gt(other, scores)));
            const auto ties = hn::VecFromMask(di, hn::RebindMask(di, hn::Eq(other, scores)));
            beaten = hn::Sub(beaten, hn::Or(wins, hn::And(ties, hn::Load(di, wraps_[r]))));  // true is -1
        }
        return hn::RebindMask(d, hn::Lt(beaten, hn::Set(di, n_)));
    }

  private:
    std::int32_t n_;
    std::size_t turns_;
    alignas(64) std::int32_t from_[kMost - 1][kMost];
    alignas(64) std::int32_t wraps_[kMost - 1][kMost];
};

bool best_of_groups_lanes(const float* scores, std::size_t count, std::size_t n, std::size_t m,
                          std::uint64_t* bits) {
    const std::size_t lanes = hn::Lanes(Floats());
    if (m > lanes || lanes % m != 0) return false;
    const Groups groups(n, m);
    const auto best = [&groups](auto v) HWY_ATTR { return groups.best(v); };
    const std::size_t step = HWY_MAX(lanes, 8);
    auto* const bytes = reinterpret_cast<std::uint8_t*>(bits);
    std::size_t i = 0;
    for (; i + step <= count; i += step) store_bits(scores + i, bytes + i / 8, best);
    if (i == count) return true;
    float last[16] = {};  // whole groups, and zeros behind them
    std::copy_n(scores + i, count - i, last);
    store_bits(last, bytes + i / 8, best);
    return true;
}

std::int64_t count_ones_lanes(const std::uint64_t* words, std::size_t count) {
    std::int64_t sum = 0;  // the instruction is not in the x86-64 that the other files are compiled for
    for (std::size_t i = 0; i < count; ++i) sum += std::popcount(words[i]);
    return sum;
}

bool all_finite_lanes(const float* scores, std::size_t count) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    // x - x is 0 for a finite x and NaN for the others, and a sum of zeros stays 0. Four sums, because an
    // addition takes four cycles.
    auto a = hn::Zero(d);
    auto b = a;
    auto c = a;
    auto e = a;
    std::size_t i = 0;
    for (; i + 4 * lanes <= count; i += 4 * lanes) {
        const auto v0 = hn::LoadU(d, scores + i);
        const auto v1 = hn::LoadU(d, scores + i + lanes);
        const auto v2 = hn::LoadU(d, scores + i + 2 * lanes);
        const auto v3 = hn::LoadU(d, scores + i + 3 * lanes);
        a = hn::Add(a, hn::Sub(v0, v0));
        b = hn::Add(b, hn::Sub(v1, v1));
        c = hn::Add(c, hn::Sub(v2, v2));
        e = hn::Add(e, hn::Sub(v3, v3));
    }
    float rest = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
    for (; i < count; ++i) rest += scores[i] - scores[i];
    return rest == 0.0F;
}

void fill_where_zero_lanes(float* scores, std::size_t count, const std::uint64_t* bits, float value) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    const auto fill = hn::Set(d, value);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const std::uint64_t word = bits[i / 64] >> (i % 64);
        const auto mask = hn::LoadMaskBits(d, reinterpret_cast<const std::uint8_t*>(&word));
        hn::StoreU(hn::IfThenElse(mask, hn::LoadU(d, scores + i), fill), d, scores + i);
    }
    for (; i < count; ++i) {
        if ((bits[i / 64] >> (i % 64) & 1) == 0) scores[i] = value;
    }
}

}  // namespace espalier::prune::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::prune {

HWY_EXPORT(absolute_lanes);
HWY_EXPORT(greater_lanes);
HWY_EXPORT(not_less_lanes);
HWY_EXPORT(classify_lanes);
HWY_EXPORT(best_of_groups_lanes);
HWY_EXPORT(count_ones_lanes);
HWY_EXPORT(all_finite_lanes);
HWY_EXPORT(fill_where_zero_lanes);

void absolute(std::span<const float> values, std::span<float> out) noexcept {
    HWY_DYNAMIC_DISPATCH(absolute_lanes)(values.data(), values.size(), out.data());
}

void bits_greater(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept {
    HWY_DYNAMIC_DISPATCH(greater_lanes)(scores.data(), scores.size(), threshold, bits);
}

void bits_not_less(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept {
    HWY_DYNAMIC_DISPATCH(not_less_lanes)(scores.data(), scores.size(), threshold, bits);
}

bool classify(std::span<const float> scores, float low, float high, bool some_gone, std::uint64_t* not_less,
              std::uint64_t* greater, const float* ahead) noexcept {
    return HWY_DYNAMIC_DISPATCH(classify_lanes)(scores.data(), scores.size(), low, high, some_gone, not_less,
                                                greater, ahead);
}

bool bits_best_of_groups(std::span<const float> scores, std::int64_t n, std::int64_t m,
                         std::uint64_t* bits) noexcept {
    return HWY_DYNAMIC_DISPATCH(best_of_groups_lanes)(
        scores.data(), scores.size(), static_cast<std::size_t>(n), static_cast<std::size_t>(m), bits);
}

std::int64_t count_ones(std::span<const std::uint64_t> words) noexcept {
    return HWY_DYNAMIC_DISPATCH(count_ones_lanes)(words.data(), words.size());
}

bool all_finite(std::span<const float> scores) noexcept {
    return HWY_DYNAMIC_DISPATCH(all_finite_lanes)(scores.data(), scores.size());
}

void fill_where_zero(std::span<float> scores, const std::uint64_t* bits, float value) noexcept {
    HWY_DYNAMIC_DISPATCH(fill_where_zero_lanes)(scores.data(), scores.size(), bits, value);
}

}  // namespace espalier::prune
#endif  // HWY_ONCE
