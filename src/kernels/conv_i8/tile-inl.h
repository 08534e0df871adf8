// Some rows of a panel by a tile of weights, in registers. Compiled once for each instruction set.
#include <algorithm>
#include <cstring>

#include "kernels/conv_i8/byte_finish-inl.h"
#include "kernels/conv_i8/conv_i8.h"

#if defined(ESPALIER_KERNELS_CONV_I8_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_CONV_I8_TILE_INL_H
#undef ESPALIER_KERNELS_CONV_I8_TILE_INL_H
#else
#define ESPALIER_KERNELS_CONV_I8_TILE_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Sums take 12 of AVX2's 16 registers, 24 of AVX-512's 32.
constexpr std::int64_t kTileWidth = HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86 ? 32 : 16;
constexpr std::int64_t kTileRows = HWY_ARCH_X86 ? (HWY_TARGET <= HWY_AVX3   ? 12
                                                   : HWY_TARGET <= HWY_AVX2 ? 6
                                                                            : 2)
                                                : 4;

/// Bytes as 16 bits less their zero point. Up to kSlack numbers more than asked for are written, which what
/// follows them overwrites, or the slack of a row.
class Widening {
  public:
    static constexpr std::int64_t kSlack = 31;

    /// Bytes lie before `end`.
    Widening(const ByteQuantum& quantum, const std::uint8_t* end)
        : flip_(quantum.flip()), zero_(static_cast<std::int16_t>(quantum.origin())), end_(end) {}

    HWY_INLINE void operator()(const std::uint8_t* HWY_RESTRICT from, std::int64_t count,
                               std::int16_t* HWY_RESTRICT to) const {
        std::int64_t i = 0;
#if ESPALIER_PAIRS
        const hn::ScalableTag<std::int16_t> wide;
        constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(wide));
        for (; i < count && from + i + kLanes <= end_; i += kLanes) put(wide, from + i, to + i);
#endif
        for (; i < count; ++i) to[i] = static_cast<std::int16_t>((from[i] ^ flip_) - zero_);
    }

  private:
#if ESPALIER_PAIRS
    template <class D>
    HWY_INLINE void put(D d, const std::uint8_t* from, std::int16_t* to) const {
        const hn::Rebind<std::uint8_t, D> bytes;
        const auto byte = hn::Xor(hn::LoadU(bytes, from), hn::Set(bytes, flip_));
        hn::StoreU(hn::Sub(hn::PromoteTo(d, byte), hn::Set(d, zero_)), d, to);
    }
#endif

    std::uint8_t flip_;
    std::int16_t zero_;
    [[maybe_unused]] const std::uint8_t* end_;
};

/// What becomes of the sums of one tile.
struct TileFinish {
    TileFinish(const ByteFinish& finish, std::int64_t first, std::int64_t outputs)
        : count(outputs), bytes(finish.bytes), bounds(finish) {
        std::copy_n(finish.scale + first, outputs, scale);
        std::copy_n(finish.shift + first, outputs, shift);
    }
    std::int64_t count;
    bool bytes;
    ByteBounds bounds;
    HWY_ALIGN float scale[kTileWidth] = {};
    HWY_ALIGN float shift[kTileWidth] = {};
};

#if ESPALIER_PAIRS

using D32 = hn::CappedTag<std::int32_t, kTileWidth / 2>;
using V32 = hn::Vec<D32>;
using D16 = hn::Repartition<std::int16_t, D32>;
constexpr std::size_t kVectorLanes = hn::MaxLanes(D32());
constexpr std::size_t kVectors = static_cast<std::size_t>(kTileWidth) / kVectorLanes;

HWY_INLINE void store_sums(const V32* sums, const TileFinish& finish, void* y) {
    HWY_ALIGN float reals[kTileWidth];
    HWY_ALIGN std::uint8_t rounded[kTileWidth];
    const bool whole = finish.count == kTileWidth;
    auto* const to_reals = whole ? static_cast<float*>(y) : reals;
    auto* const to_bytes = whole ? static_cast<std::uint8_t*>(y) : rounded;
    const auto value = [&](std::size_t v) HWY_ATTR {
        const std::size_t at = v * kVectorLanes;
        return bounded(D32(), sums[v], finish.scale + at, finish.shift + at, finish.bounds);
    };
    HWY_UNROLL(2)
    for (std::size_t v = 0; v < kVectors; v += 2) {
        const std::size_t at = v * kVectorLanes;
        if (finish.bytes) {
            store_bytes(D32(), value(v), value(v + 1), finish.bounds, to_bytes + at);
        } else {
            hn::StoreU(value(v), hn::RebindToFloat<D32>(), to_reals + at);
            hn::StoreU(value(v + 1), hn::RebindToFloat<D32>(), to_reals + at + kVectorLanes);
        }
    }
    if (whole) return;
    const auto count = static_cast<std::size_t>(finish.count);
    if (finish.bytes) {
        std::memcpy(y, rounded, count);
    } else {
        std::memcpy(y, reals, count * sizeof(float));
    }
}

template <std::int64_t kRows>
HWY_INLINE void multiply(const std::int16_t* HWY_RESTRICT a, std::int64_t step,
                         const std::int16_t* HWY_RESTRICT b, std::int64_t pairs, const TileFinish& finish,
                         void* y, std::int64_t y_step) {
    V32 sums[kRows][kVectors];
    HWY_UNROLL(12)
    for (std::int64_t r = 0; r < kRows; ++r) {
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(D32());
    }
    const auto add_pair = [&](const std::int16_t* x, const std::int16_t* weights) HWY_ATTR {
        V32 w[kVectors];
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < kVectors; ++v)
            w[v] = hn::BitCast(D32(), hn::LoadU(D16(), weights + 2 * v * kVectorLanes));
        HWY_UNROLL(12)
        for (std::int64_t r = 0; r < kRows; ++r) {
            std::int32_t pair;
            std::memcpy(&pair, x + r * step, sizeof(pair));
            const V32 both = hn::Set(D32(), pair);
            HWY_UNROLL(4)
            for (std::size_t v = 0; v < kVectors; ++v)
                sums[r][v] = add_products(D32(), sums[r][v], both, w[v]);
        }
    };
    std::int64_t p = 0;
    for (; p + 4 <= pairs; p += 4, a += 8, b += 8 * kTileWidth) {
        HWY_UNROLL(4)
        for (std::int64_t i = 0; i < 4; ++i) add_pair(a + 2 * i, b + 2 * i * kTileWidth);
    }
    for (; p < pairs; ++p, a += 2, b += 2 * kTileWidth) add_pair(a, b);
    const std::int64_t size = finish.bytes ? 1 : static_cast<std::int64_t>(sizeof(float));
    HWY_UNROLL(12)
    for (std::int64_t r = 0; r < kRows; ++r)
        store_sums(sums[r], finish, static_cast<std::uint8_t*>(y) + r * y_step * size);
}

#else

template <std::int64_t kRows>
void multiply(const std::int16_t* a, std::int64_t step, const std::int16_t* b, std::int64_t pairs,
              const TileFinish& finish, void* y, std::int64_t y_step) {
    for (std::int64_t r = 0; r < kRows; ++r) {
        std::int32_t sums[kTileWidth] = {};
        for (std::int64_t p = 0; p < pairs; ++p) {
            const std::int16_t* pair = a + r * step + 2 * p;
            const std::int16_t* w = b + p * 2 * kTileWidth;
            for (std::int64_t o = 0; o < kTileWidth; ++o)
                sums[o] += pair[0] * w[2 * o] + pair[1] * w[2 * o + 1];
        }
        for (std::int64_t o = 0; o < finish.count; ++o) {
            const float value = bounded(sums[o], finish.scale[o], finish.shift[o], finish.bounds);
            const std::int64_t at = r * y_step + o;
            if (finish.bytes) {
                static_cast<std::uint8_t*>(y)[at] = as_byte(value, finish.bounds);
            } else {
                static_cast<float*>(y)[at] = value;
            }
        }
    }
}

#endif

/// `rows` of at most kRows.
template <std::int64_t kRows>
HWY_INLINE void multiply_last(std::int64_t rows, const std::int16_t* a, std::int64_t step,
                              const std::int16_t* b, std::int64_t pairs, const TileFinish& finish, void* y,
                              std::int64_t y_step) {
    if (rows == kRows) return multiply<kRows>(a, step, b, pairs, finish, y, y_step);
    if constexpr (kRows > 1) multiply_last<kRows - 1>(rows, a, step, b, pairs, finish, y, y_step);
}

/// All rows of a panel.
HWY_NOINLINE void multiply_panel(std::int64_t rows, const std::int16_t* a, std::int64_t step,
                                 const std::int16_t* b, std::int64_t pairs, const TileFinish& finish, void* y,
                                 std::int64_t y_step) {
    auto* to = static_cast<std::uint8_t*>(y);
    const std::int64_t y_bytes = y_step * (finish.bytes ? 1 : static_cast<std::int64_t>(sizeof(float)));
    for (; rows >= kTileRows; rows -= kTileRows, a += kTileRows * step, to += kTileRows * y_bytes)
        multiply<kTileRows>(a, step, b, pairs, finish, to, y_step);
    if (rows > 0) multiply_last<kTileRows - 1>(rows, a, step, b, pairs, finish, to, y_step);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
