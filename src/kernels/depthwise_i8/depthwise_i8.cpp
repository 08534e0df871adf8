// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/depthwise_i8/depthwise_i8.h"

#include <algorithm>
#include <numeric>

#include "base/highway_targets.h"
#include "kernels/conv_i8_quads/byte_quads.h"
#include "kernels/depthwise_i8/depthwise_quads.h"
#include "kernels/depthwise_i8/row_task.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise_i8/depthwise_i8.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_i8/byte_finish-inl.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

using Taps = const std::uint8_t* const*;

#if ESPALIER_PAIRS

using D32 = hn::CappedTag<std::int32_t, 8>;
using V32 = hn::Vec<D32>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D32()));

/// Channels [first, first + 2 * kBlocks * kLanes) of one position. kPairs 0: as many as the weights say.
template <class Byte, std::int64_t kBlocks, std::int64_t kPairs>
HWY_INLINE void channels(const DepthwiseRow& row, const ByteBounds& bounds, Taps taps, std::int64_t first,
                         std::uint8_t* y) {
    const hn::Repartition<std::int16_t, D32> words;
    const hn::Rebind<Byte, decltype(words)> bytes;
    V32 sums[2 * kBlocks];
    HWY_UNROLL(8)
    for (std::int64_t v = 0; v < 2 * kBlocks; ++v) sums[v] = hn::LoadU(D32(), row.start + first + v * kLanes);
    const std::int32_t* w = row.weights.values.data() + first;
    const std::int64_t pairs = kPairs > 0 ? kPairs : row.weights.pairs;
    HWY_UNROLL(5)
    for (std::int64_t p = 0; p < pairs; ++p, w += row.weights.step) {
        const auto* a = reinterpret_cast<const Byte*>(taps[2 * p] + first);
        const auto* b = reinterpret_cast<const Byte*>(taps[2 * p + 1] + first);
        HWY_UNROLL(4)
        for (std::int64_t block = 0; block < kBlocks; ++block) {
            const std::int64_t at = 2 * block * kLanes;
            const auto x = hn::LoadU(bytes, a + at);
            const auto z = hn::LoadU(bytes, b + at);
            const auto low = hn::BitCast(D32(), hn::PromoteTo(words, hn::InterleaveLower(bytes, x, z)));
            const auto high = hn::BitCast(D32(), hn::PromoteTo(words, hn::InterleaveUpper(bytes, x, z)));
            V32& lower = sums[2 * block];
            V32& upper = sums[2 * block + 1];
            lower = add_products(D32(), lower, low, hn::LoadU(D32(), w + at));
            upper = add_products(D32(), upper, high, hn::LoadU(D32(), w + at + kLanes));
        }
    }
    const auto value = [&](std::int64_t v) HWY_ATTR {
        const std::int64_t at = first + v * kLanes;
        return bounded(D32(), sums[v], row.finish.scale + at, row.finish.shift + at, bounds);
    };
    HWY_UNROLL(4)
    for (std::int64_t v = 0; v < 2 * kBlocks; v += 2) {
        const std::int64_t at = first + v * kLanes;
        if (row.finish.bytes) {
            store_bytes(D32(), value(v), value(v + 1), bounds, y + at);
        } else {
            const hn::RebindToFloat<D32> real;
            hn::StoreU(value(v), real, reinterpret_cast<float*>(y) + at);
            hn::StoreU(value(v + 1), real, reinterpret_cast<float*>(y) + at + kLanes);
        }
    }
}

/// Some channels of all positions, so that their weights stay in the L1 cache: those of 960 channels fill it.
template <class Byte, std::int64_t kBlocks>
HWY_INLINE std::int64_t along_row(const DepthwiseRow& row, const ByteBounds& bounds, std::int64_t c) {
    constexpr std::int64_t kTogether = 2 * kBlocks * kLanes;
    for (; c + kTogether <= row.channels; c += kTogether) {
        Taps taps = row.places;
        std::uint8_t* y = row.y;
        for (std::int64_t x = 0; x < row.positions; ++x, taps += 2 * row.weights.pairs, y += row.y_step) {
            if (row.weights.pairs == 5) {  // of windows of 3 x 3
                channels<Byte, kBlocks, 5>(row, bounds, taps, c, y);
            } else {
                channels<Byte, kBlocks, 0>(row, bounds, taps, c, y);
            }
        }
    }
    return c;
}

template <class Byte>
HWY_INLINE std::int64_t whole_vectors(const DepthwiseRow& row, const ByteBounds& bounds) {
    return along_row<Byte, 1>(row, bounds, along_row<Byte, 2>(row, bounds, 0));
}

#endif

void run_row(const DepthwiseRow& row) {
    const ByteBounds bounds(row.finish);
    std::int64_t first = 0;
#if ESPALIER_PAIRS
    first =
        row.is_signed ? whole_vectors<std::int8_t>(row, bounds) : whole_vectors<std::uint8_t>(row, bounds);
#endif
    for (std::int64_t x = 0; x < row.positions; ++x) {
        const Taps taps = row.places + x * 2 * row.weights.pairs;
        std::uint8_t* y = row.y + x * row.y_step;
        for (std::int64_t c = first; c < row.channels; ++c) {
            std::int32_t sum = row.start[c];
            const std::int32_t* w = row.weights.values.data() + c;
            for (std::int64_t t = 0; t < 2 * row.weights.pairs; ++t) {
                const std::uint8_t byte = taps[t][c];
                const std::int32_t both = w[t / 2 * row.weights.step];
                sum += (row.is_signed ? static_cast<std::int8_t>(byte) : byte) *
                       static_cast<std::int16_t>(t % 2 == 0 ? both : both >> 16);
            }
            const float value = bounded(sum, row.finish.scale[c], row.finish.shift[c], bounds);
            if (row.finish.bytes) {
                y[c] = as_byte(value, bounds);
            } else {
                reinterpret_cast<float*>(y)[c] = value;
            }
        }
    }
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_row);
HWY_EXPORT(target_name);

constexpr std::int64_t kMostLanes = 16;

/// Where the taps of a row of the output (its depth and height) read, for all positions.
void find_places(const ConvShape& s, const std::uint8_t* image, std::int64_t row, const std::uint8_t* outside,
                 const std::uint8_t** places) {
    const std::int64_t taps = s.taps();
    const std::int64_t step = (taps + 1) / 2 * 2;
    for (std::int64_t i = 0; i < s.output[2]; ++i)
        places[i * step + step - 1] = outside;  // where they are odd
    for (std::int64_t t = 0; t < taps; ++t) {
        const std::int64_t z =
            row / s.output[1] * s.stride[0] - s.pad[0] + t / (s.kernel[1] * s.kernel[2]) * s.dilation[0];
        const std::int64_t y =
            row % s.output[1] * s.stride[1] - s.pad[1] + t / s.kernel[2] % s.kernel[1] * s.dilation[1];
        const bool inside = z >= 0 && z < s.input[0] && y >= 0 && y < s.input[1];
        std::int64_t x = t % s.kernel[2] * s.dilation[2] - s.pad[2];
        for (std::int64_t i = 0; i < s.output[2]; ++i, x += s.stride[2]) {
            const bool lies = inside && x >= 0 && x < s.input[2];
            places[i * step + t] =
                lies ? image + ((z * s.input[1] + y) * s.input[2] + x) * s.groups : outside;
        }
    }
}

}  // namespace

DepthwiseBytes::DepthwiseBytes(const ConvShape& shape, std::span<const std::int16_t> w, ByteProducts form)
    : products(form),
      step((shape.groups + kMostLanes - 1) / kMostLanes * kMostLanes),
      pairs((shape.taps() + 1) / 2),
      totals(static_cast<std::size_t>(shape.groups)) {
    for (std::int64_t c = 0; c < shape.groups; ++c) {
        const auto own =
            w.subspan(static_cast<std::size_t>(c * shape.taps()), static_cast<std::size_t>(shape.taps()));
        totals[static_cast<std::size_t>(c)] = std::accumulate(own.begin(), own.end(), std::int32_t{0});
    }
    if (products == ByteProducts::quads) {
        values = depthwise_quads(shape, w);
        return;
    }
    values.resize(static_cast<std::size_t>(pairs * step));
    for (std::int64_t c = 0; c < shape.groups; ++c) {
        for (std::int64_t t = 0; t < shape.taps(); ++t) {
            const std::uint32_t bits =
                static_cast<std::uint16_t>(w[static_cast<std::size_t>(c * shape.taps() + t)]);
            values[static_cast<std::size_t>(t / 2 * step + c)] |=
                static_cast<std::int32_t>(bits << (t % 2 * 16));
        }
    }
}

ByteProducts DepthwiseBytes::fastest_form(std::span<const std::int16_t> w) {
    return ByteQuads::fit(w) ? fastest_products() : ByteProducts::pairs;
}

std::string DepthwiseBytes::instruction_set() const {
    return products == ByteProducts::quads ? "avx512_vnni"
                                           : instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

// Places of a row of each thread; where sums start, and a pixel outside the image, shared.
std::size_t DepthwiseI8::scratch_bytes() const {
    if (weights_->products == ByteProducts::quads) return quad_scratch_bytes(shape_, threads_);
    const auto step = static_cast<std::size_t>(weights_->step);
    const auto places =
        static_cast<std::size_t>(2 * weights_->pairs * shape_.output[2] * std::max(threads_, 1));
    return places * sizeof(const std::uint8_t*) + step * (1 + sizeof(std::int32_t));
}

void DepthwiseI8::run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                      std::byte* scratch) const noexcept {
    if (weights_->products == ByteProducts::quads)
        return run_depthwise_quads(shape_, *weights_, threads_, x, quantum, y, finish, scratch);
    run_pairs(x, quantum, y, finish, scratch);
}

void DepthwiseI8::run_pairs(const std::uint8_t* x, const ByteQuantum& quantum, void* y,
                            const ByteFinish& finish, std::byte* scratch) const noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(run_row);
    const ConvShape& s = shape_;
    const std::int64_t step = weights_->step;
    const std::int64_t of_row = 2 * weights_->pairs * s.output[2];
    auto* all_places = reinterpret_cast<const std::uint8_t**>(scratch);
    auto* start = reinterpret_cast<std::int32_t*>(all_places + of_row * std::max(threads_, 1));
    auto* outside = reinterpret_cast<std::uint8_t*>(start + step);
    std::fill_n(outside, step, static_cast<std::uint8_t>(quantum.zero));
    for (std::int64_t c = 0; c < s.groups; ++c)
        start[c] = -quantum.zero * weights_->totals[static_cast<std::size_t>(c)];
    const std::int64_t y_step = s.groups * (finish.bytes ? 1 : static_cast<std::int64_t>(sizeof(float)));
    const std::int64_t rows = s.output[0] * s.output[1];
    for_each_item(s.images * rows, threads_, [&](std::int64_t item, int thread) {
        const std::uint8_t** places = all_places + thread * of_row;
        find_places(s, x + item / rows * s.pixels() * s.groups, item % rows, outside, places);
        run({.weights = *weights_,
             .channels = s.groups,
             .positions = s.output[2],
             .is_signed = quantum.is_signed,
             .start = start,
             .finish = finish,
             .places = places,
             .y = static_cast<std::uint8_t*>(y) + item * s.output[2] * y_step,
             .y_step = y_step});
    });
}

}  // namespace espalier::kernels
#endif
