// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/depthwise_i8/depthwise_i8.h"

#include <algorithm>
#include <cstring>

#include "kernels/depthwise_i8/row_task.h"
#include "kernels/targets.h"

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

using D32 = hn::CappedTag<std::int32_t, 16>;
using V32 = hn::Vec<D32>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D32()));

template <class Byte>
HWY_INLINE V32 widened(const std::uint8_t* from) {
    const hn::Rebind<Byte, D32> bytes;
    return hn::PromoteTo(D32(), hn::LoadU(bytes, reinterpret_cast<const Byte*>(from)));
}

/// Channels [first, first + kVectors * kLanes) of one position.
template <class Byte, std::size_t kVectors>
HWY_INLINE void channels(const DepthwiseRow& row, Taps taps, std::int64_t first, std::uint8_t* y) {
    V32 sums[kVectors];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v)
        sums[v] = hn::LoadU(D32(), row.start + first + static_cast<std::int64_t>(v) * kLanes);
    const std::int32_t* w = row.weights.values.data() + first;
    for (std::int64_t t = 0; t < row.taps; ++t, w += row.weights.step) {
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < kVectors; ++v) {
            const std::int64_t at = static_cast<std::int64_t>(v) * kLanes;
            sums[v] =
                add_products(D32(), sums[v], widened<Byte>(taps[t] + first + at), hn::LoadU(D32(), w + at));
        }
    }
    const ByteBounds bounds(row.finish);
    const auto value = [&](std::size_t v) HWY_ATTR {
        const std::int64_t at = first + static_cast<std::int64_t>(v) * kLanes;
        return bounded(D32(), sums[v], row.finish.scale + at, row.finish.shift + at, bounds);
    };
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) {
        const std::int64_t at = first + static_cast<std::int64_t>(v) * kLanes;
        if (!row.finish.bytes) {
            hn::StoreU(value(v), hn::RebindToFloat<D32>(), reinterpret_cast<float*>(y) + at);
        } else if constexpr (kVectors == 1) {
            store_bytes(D32(), value(v), bounds, y + at);
        } else if (v % 2 == 0) {
            store_bytes(D32(), value(v), value(v + 1), bounds, y + at);
        }
    }
}

template <class Byte>
HWY_INLINE std::int64_t whole_vectors(const DepthwiseRow& row, Taps taps, std::uint8_t* y) {
    std::int64_t c = 0;
    for (; c + 4 * kLanes <= row.channels; c += 4 * kLanes) channels<Byte, 4>(row, taps, c, y);
    for (; c + kLanes <= row.channels; c += kLanes) channels<Byte, 1>(row, taps, c, y);
    return c;
}

#endif

void run_position(const DepthwiseRow& row, Taps taps, std::uint8_t* y) {
    std::int64_t c = 0;
#if ESPALIER_PAIRS
    c = row.is_signed ? whole_vectors<std::int8_t>(row, taps, y) : whole_vectors<std::uint8_t>(row, taps, y);
#endif
    const ByteBounds bounds(row.finish);
    for (; c < row.channels; ++c) {
        std::int32_t sum = row.start[c];
        for (std::int64_t t = 0; t < row.taps; ++t) {
            const std::uint8_t byte = taps[t][c];
            const std::int32_t x = row.is_signed ? static_cast<std::int8_t>(byte) : byte;
            sum += x * static_cast<std::int16_t>(
                           row.weights.values[static_cast<std::size_t>(t * row.weights.step + c)]);
        }
        const float value = bounded(sum, row.finish.scale[c], row.finish.shift[c], bounds);
        if (row.finish.bytes) {
            y[c] = as_byte(value, bounds);
        } else {
            reinterpret_cast<float*>(y)[c] = value;
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

HWY_EXPORT(run_position);
HWY_EXPORT(target_name);

constexpr std::int64_t kMostLanes = 16;

/// Where the taps of an output position read.
class TapPlaces {
  public:
    TapPlaces(const ConvShape& shape, const std::uint8_t* outside, const std::uint8_t** taps)
        : shape_(shape), outside_(outside), taps_(taps) {}

    /// All positions of row `row` of the output (its depth and height), in order.
    template <class Body>
    void along(const std::uint8_t* image, std::int64_t row, const Body& body) {
        const ConvShape& s = shape_;
        for (std::int64_t x = 0; x < s.output[2]; ++x) {
            const std::int64_t left = x * s.stride[2] - s.pad[2];
            const bool inside = left >= s.stride[2] && left + (s.kernel[2] - 1) * s.dilation[2] < s.input[2];
            if (x > 0 && inside) {  // and so was the position before, at its left end
                step();
            } else {
                find(image, row, left);
            }
            body(x);
        }
    }

  private:
    void step() {
        for (std::int64_t t = 0; t < shape_.taps(); ++t) {
            if (taps_[t] != outside_) taps_[t] += shape_.stride[2] * shape_.groups;
        }
    }
    void find(const std::uint8_t* image, std::int64_t row, std::int64_t left) {
        const ConvShape& s = shape_;
        for (std::int64_t t = 0; t < s.taps(); ++t) {
            const std::int64_t z =
                row / s.output[1] * s.stride[0] - s.pad[0] + t / (s.kernel[1] * s.kernel[2]) * s.dilation[0];
            const std::int64_t y =
                row % s.output[1] * s.stride[1] - s.pad[1] + t / s.kernel[2] % s.kernel[1] * s.dilation[1];
            const std::int64_t x = left + t % s.kernel[2] * s.dilation[2];
            const bool inside =
                z >= 0 && z < s.input[0] && y >= 0 && y < s.input[1] && x >= 0 && x < s.input[2];
            taps_[t] = inside ? image + ((z * s.input[1] + y) * s.input[2] + x) * s.groups : outside_;
        }
    }

    const ConvShape& shape_;
    const std::uint8_t* outside_;
    const std::uint8_t** taps_;
};

}  // namespace

DepthwiseBytes::DepthwiseBytes(const ConvShape& shape, std::span<const std::int16_t> w)
    : step((shape.groups + kMostLanes - 1) / kMostLanes * kMostLanes),
      values(static_cast<std::size_t>(shape.taps() * step)),
      totals(static_cast<std::size_t>(shape.groups)) {
    for (std::int64_t c = 0; c < shape.groups; ++c) {
        for (std::int64_t t = 0; t < shape.taps(); ++t) {
            const std::int16_t value = w[static_cast<std::size_t>(c * shape.taps() + t)];
            values[static_cast<std::size_t>(t * step + c)] = static_cast<std::uint16_t>(value);
            totals[static_cast<std::size_t>(c)] += value;
        }
    }
}

// A row of pixels outside the image and where sums start, shared; pointers of each thread.
std::size_t DepthwiseI8::scratch_bytes() const {
    const auto step = static_cast<std::size_t>(weights_->step);
    return step * (1 + sizeof(std::int32_t)) +
           static_cast<std::size_t>(shape_.taps() * std::max(threads_, 1)) * sizeof(const std::uint8_t*);
}

void DepthwiseI8::run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                      std::byte* scratch) const noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(run_position);
    const ConvShape& s = shape_;
    const std::int64_t step = weights_->step;
    auto* pointers = reinterpret_cast<const std::uint8_t**>(scratch);
    auto* start = reinterpret_cast<std::int32_t*>(pointers + s.taps() * std::max(threads_, 1));
    auto* outside = reinterpret_cast<std::uint8_t*>(start + step);
    std::fill_n(outside, step, static_cast<std::uint8_t>(quantum.zero));
    for (std::int64_t c = 0; c < s.groups; ++c)
        start[c] = -quantum.zero * weights_->totals[static_cast<std::size_t>(c)];
    const std::int64_t size = finish.bytes ? 1 : static_cast<std::int64_t>(sizeof(float));
    const DepthwiseRow task{*weights_, s.groups, s.taps(), quantum.is_signed, start, finish};
    const std::int64_t rows = s.output[0] * s.output[1];
    for_each_item(s.images * rows, threads_, [&](std::int64_t item, int thread) {
        const std::uint8_t** taps = pointers + thread * s.taps();
        auto* to = static_cast<std::uint8_t*>(y) + item * s.output[2] * s.groups * size;
        TapPlaces(s, outside, taps)
            .along(x + item / rows * s.pixels() * s.groups, item % rows,
                   [&](std::int64_t at) { run(task, taps, to + at * s.groups * size); });
    });
}

std::string depthwise_i8_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
