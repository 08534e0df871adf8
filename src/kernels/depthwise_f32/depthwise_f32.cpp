// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/depthwise_f32/depthwise_f32.h"

#include <algorithm>

#include "base/highway_targets.h"
#include "espalier/error.h"
#include "kernels/depthwise_f32/channels_task.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise_f32/depthwise_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_f32_panel/conv_finish-inl.h"
#include "kernels/conv_f32_panel/place_pixels-inl.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kPlaneLine>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));

/// Some rows of the output, of which a vector from column `first` on leaves registers. What a vector writes
/// behind its row is written again later: planes and rows follow in order, the columns of some rows from the
/// last to the first.
struct Place {
    std::int64_t row, rows, first;
};

/// Sums [rows][kLanes] with all that a finish can ask for, also where nothing behind a row may be touched.
HWY_NOINLINE void finish_any(const PlaneTask& task, const Place& place, const float* HWY_RESTRICT sums) {
    const D d;
    const ConvFinish finish = task.finish;
    const bool clamps = finish.clamps();
    const std::int64_t left = std::min(task.width - place.first, kLanes);
    std::int64_t at = place.row * task.width + place.first;
    for (std::int64_t r = 0; r < place.rows; ++r, at += task.width, sums += kLanes) {
        V sum = hn::Load(d, sums);
        // A residual may lie where y does.
        if (left == kLanes || (finish.residual == nullptr && at + kLanes <= task.writable)) {
            if (finish.residual != nullptr) sum = hn::Add(sum, hn::LoadU(d, finish.residual + at));
            hn::StoreU(finished(finish, clamps, d, sum), d, task.y + at);
            continue;
        }
        HWY_ALIGN float lanes[kLanes] = {};
        if (finish.residual != nullptr) {
            std::copy_n(finish.residual + at, left, lanes);
            sum = hn::Add(sum, hn::Load(d, lanes));
        }
        hn::Store(finished(finish, clamps, d, sum), d, lanes);
        std::copy_n(lanes, left, task.y + at);
    }
}

/// Clamps, where that is all, and a whole vector may be written; else finish_any().
class Finisher {
  public:
    explicit Finisher(const PlaneTask& task)
        : clamps_(task.finish.clamps()),
          low_(hn::Set(D(), task.finish.low)),
          high_(hn::Set(D(), task.finish.high)),
          end_(task.finish.residual == nullptr && task.finish.function == ConvFinish::Function::none
                   ? task.writable
                   : 0) {}

    template <std::int64_t kRows>
    HWY_INLINE void finish(const PlaneTask& task, std::int64_t row, std::int64_t first,
                           const V* HWY_RESTRICT acc) const {
        const D d;
        const std::int64_t at = row * task.width + first;
        if (at + (kRows - 1) * task.width + kLanes > end_) {
            HWY_ALIGN float sums[kRows * kLanes];
            HWY_UNROLL(8)
            for (std::int64_t r = 0; r < kRows; ++r) hn::Store(acc[r], d, sums + r * kLanes);
            return finish_any(task, {row, kRows, first}, sums);
        }
        HWY_UNROLL(8)
        for (std::int64_t r = 0; r < kRows; ++r) {  // in the order of finished()
            const V sum = clamps_ ? hn::Max(low_, hn::Min(high_, acc[r])) : acc[r];
            hn::StoreU(sum, d, task.y + at + r * task.width);
        }
    }

  private:
    bool clamps_;
    V low_, high_;
    std::int64_t end_;
};

/// Any taps.
template <std::int64_t kRows>
HWY_INLINE void run_taps(const PlaneTask& task, std::int64_t row) {
    const D d;
    const Finisher finisher(task);
    const std::int64_t columns = (task.width + kLanes - 1) / kLanes;
    for (std::int64_t first = (columns - 1) * kLanes; first >= 0; first -= kLanes) {
        V acc[kRows];
        HWY_UNROLL(8)
        for (std::int64_t r = 0; r < kRows; ++r) acc[r] = hn::Set(d, task.bias);
        const float* HWY_RESTRICT source = task.source + row * task.row + first;
        for (std::int64_t tap = 0; tap < task.taps; ++tap) {
            const V w = hn::Set(d, task.values[tap]);
            const float* HWY_RESTRICT x = source + task.offsets[tap];
            HWY_UNROLL(8)
            for (std::int64_t r = 0; r < kRows; ++r, x += task.row)
                acc[r] = hn::MulAdd(w, hn::LoadU(d, x), acc[r]);
        }
        finisher.finish<kRows>(task, row, first, acc);
    }
}

/// A whole window of 3 x 3, kStep rows on from output to output: a row of taps is loaded once, and counts in
/// up to three rows of the output.
template <std::int64_t kStep, std::int64_t kRows>
HWY_INLINE void run_square(const PlaneTask& task, std::int64_t row) {
    const D d;
    V w[9];
    HWY_UNROLL(9)
    for (std::int64_t tap = 0; tap < 9; ++tap) w[tap] = hn::Set(d, task.values[tap]);
    const Finisher finisher(task);
    const V bias = hn::Set(d, task.bias);
    const std::int64_t columns = (task.width + kLanes - 1) / kLanes;
    const std::int64_t pitch = task.tap_row;
    const std::int64_t at[] = {task.offsets[0], task.offsets[1], task.offsets[2]};
    const float* HWY_RESTRICT rows = task.source + row * task.row;
    for (std::int64_t first = (columns - 1) * kLanes; first >= 0; first -= kLanes) {
        V acc[kRows];
        HWY_UNROLL(8)
        for (std::int64_t r = 0; r < kRows; ++r) acc[r] = bias;
        const float* HWY_RESTRICT source = rows + first;
        HWY_UNROLL(9)
        for (std::int64_t y = 0; y < (kRows - 1) * kStep + 3; ++y, source += pitch) {
            HWY_UNROLL(3)
            for (std::int64_t x = 0; x < 3; ++x) {
                const V pixels = hn::LoadU(d, source + at[x]);
                HWY_UNROLL(8)
                for (std::int64_t r = 0; r < kRows; ++r) {
                    const std::int64_t of_window = y - r * kStep;
                    if (of_window >= 0 && of_window < 3)
                        acc[r] = hn::MulAdd(w[3 * of_window + x], pixels, acc[r]);
                }
            }
        }
        finisher.finish<kRows>(task, row, first, acc);
    }
}

template <class Run>
HWY_INLINE void for_rows(const RowBlocks& blocks, std::int64_t height, const Run& run) {
    std::int64_t larger = blocks.larger;
    for (std::int64_t row = 0; row < height; --larger) {
        const std::int64_t rows = blocks.rows + (larger > 0 ? 1 : 0);
        run(row, rows);
        row += rows;
    }
}

/// Whatever taps, so many rows.
template <std::int64_t kMost>
void run_rows_of_taps(const PlaneTask& task, std::int64_t row, std::int64_t rows) {
    if constexpr (kMost > 1) {
        if (rows < kMost) return run_rows_of_taps<kMost - 1>(task, row, rows);
    }
    run_taps<kMost>(task, row);
}

template <std::int64_t kStep, std::int64_t kMost>
void run_rows_of_squares(const PlaneTask& task, std::int64_t row, std::int64_t rows) {
    if constexpr (kMost > 1) {
        if (rows < kMost) return run_rows_of_squares<kStep, kMost - 1>(task, row, rows);
    }
    run_square<kStep, kMost>(task, row);
}

HWY_INLINE void run_plane(const ChannelsTask& all, const PlaneTask& task) {
    // Sums in registers beside the weights of a window: AVX2 and SSE4 have 16.
    if (task.tap_row > 0 && task.row == task.tap_row) {
        for_rows(all.fours, task.height, [&](std::int64_t row, std::int64_t rows) HWY_ATTR {
            run_rows_of_squares<1, 4>(task, row, rows);
        });
    } else if (task.tap_row > 0 && task.row == 2 * task.tap_row) {
        for_rows(all.fours, task.height, [&](std::int64_t row, std::int64_t rows) HWY_ATTR {
            run_rows_of_squares<2, 4>(task, row, rows);
        });
    } else {
        for_rows(all.eights, task.height,
                 [&](std::int64_t row, std::int64_t rows) HWY_ATTR { run_rows_of_taps<8>(task, row, rows); });
    }
}

/// `end` is where what the thread writes ends.
void run_channel(const ChannelsTask& task, std::int64_t item, std::int64_t end, float* scratch) {
    const ConvShape& shape = task.shape;
    const auto of_group = static_cast<std::size_t>(item % shape.groups * shape.outputs);
    // Of a channel whose taps are all left out nothing is read.
    if (task.taps.first[of_group] < task.taps.first[of_group + static_cast<std::size_t>(shape.outputs)])
        place_pixels(shape, task.input, task.x + item * shape.pixels(), scratch);
    PlaneTask of_plane;
    of_plane.row = task.row;
    of_plane.height = shape.output[1];
    of_plane.width = shape.output[2];
    of_plane.finish = task.finish;
    for (std::int64_t o = 0; o < shape.outputs; ++o) {
        const std::size_t output = of_group + static_cast<std::size_t>(o);
        const std::uint32_t first = task.taps.first[output];
        of_plane.taps = task.taps.first[output + 1] - first;
        of_plane.tap_row = task.is_square && of_plane.taps == 9 ? task.input.row() : 0;
        of_plane.offsets = task.taps.offsets.data() + first;
        of_plane.values = task.taps.values.data() + first;
        of_plane.bias = task.taps.bias[output];
        for (std::int64_t depth = 0; depth < shape.output[0]; ++depth) {
            const std::int64_t at = ((item * shape.outputs + o) * shape.output[0] + depth) * task.plane;
            of_plane.source = scratch + task.input.source({depth, 0, 0});
            of_plane.y = task.y + at;
            of_plane.writable = end - at;
            if (task.finish.residual != nullptr) of_plane.finish.residual = task.finish.residual + at;
            run_plane(task, of_plane);
        }
    }
}

/// Channels [first, last) of all images.
void run_channels(const ChannelsTask& task, std::int64_t first, std::int64_t last, std::span<float> scratch) {
    // Padding, which no channel writes; and what is read behind rows would take long if it looked like
    // denormal numbers.
    std::ranges::fill(scratch, 0.0F);
    const std::int64_t end = last * task.shape.outputs * task.shape.positions();
    for (std::int64_t item = first; item < last; ++item) run_channel(task, item, end, scratch.data());
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_channels);
HWY_EXPORT(target_name);

}  // namespace

DepthwiseTaps::DepthwiseTaps(const ConvShape& shape, std::span<const float> w, std::vector<float> of_outputs,
                             bool skips_zeros)
    : first{0}, bias(std::move(of_outputs)) {
    const std::int64_t taps = shape.taps();
    ESPALIER_ASSERT(shape.channels == 1 && std::ssize(bias) == shape.groups * shape.outputs &&
                    std::ssize(w) == std::ssize(bias) * taps);
    const ConvInput input(shape, kPlaneLine);
    for (std::int64_t i = 0; i < std::ssize(w); ++i) {
        const float value = w[static_cast<std::size_t>(i)];
        if (value != 0 || !skips_zeros) {
            values.push_back(value);
            offsets.push_back(static_cast<std::uint32_t>(input.offset(i % taps)));
        }
        if (i % taps + 1 == taps) first.push_back(static_cast<std::uint32_t>(values.size()));
    }
}

DepthwiseF32::DepthwiseF32(const ConvShape& shape, DepthwiseTaps taps, int threads)
    : shape_(shape),
      input_(shape, kPlaneLine),
      taps_(std::move(taps)),
      threads_(
          static_cast<int>(std::clamp<std::int64_t>(shape.images * shape.groups, 1, std::max(threads, 1)))) {}

/// A vector may begin in the last row, and end behind it.
std::int64_t DepthwiseF32::thread_floats() const {
    return (input_.channel() + 2 * kPlaneLine - 1) / kPlaneLine * kPlaneLine;
}

std::size_t DepthwiseF32::scratch_bytes() const {
    return static_cast<std::size_t>(threads_ * thread_floats()) * sizeof(float);
}

void DepthwiseF32::run(const float* x, float* y, const ConvFinish& finish,
                       std::byte* scratch) const noexcept {
    auto* const own = reinterpret_cast<float*>(scratch);
    const ChannelsTask task{
        .shape = shape_, .input = input_, .taps = taps_, .x = x, .y = y, .finish = finish};
    const std::int64_t channels = shape_.images * shape_.groups;
    const auto floats = static_cast<std::size_t>(thread_floats());
    for_each_item(threads_, threads_, [&](std::int64_t share, int) {
        HWY_DYNAMIC_DISPATCH(run_channels)
        (task, channels * share / threads_, channels * (share + 1) / threads_,
         {own + share * thread_floats(), floats});
    });
}

std::string depthwise_f32_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
