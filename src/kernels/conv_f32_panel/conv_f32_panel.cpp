// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/conv_f32_panel/conv_f32_panel.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/highway_targets.h"
#include "espalier/error.h"
#include "kernels/conv_f32_panel/panel_task.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_f32_panel/conv_f32_panel.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_f32_panel/conv_finish-inl.h"
#include "kernels/conv_f32_panel/pack_panel-inl.h"
#include "kernels/conv_f32_panel/place_pixels-inl.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/vectors/panel_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Where the weights of a panel are read on.
struct Cursor {
    const PackedRows::Group* group;
    const std::uint32_t* units;
    const std::uint32_t* units_end;
    const std::uint16_t* columns;
    const float* values;
};

/// Sums of a row that are complete, to their place `at` in the output; without a function.
template <class S, bool kResidual, bool kClamps>
HWY_INLINE void store_row(const PanelTask& task, std::size_t at, const typename S::V* HWY_RESTRICT acc) {
    const typename S::D d;
    float* const to = task.y + at;
    const float* residual = kResidual ? task.finish.residual + at : nullptr;  // may be where it is written
    const typename S::V low = hn::Set(d, task.finish.low);
    const typename S::V high = hn::Set(d, task.finish.high);
    each<S::kVectors>([&](auto v) HWY_ATTR {
        typename S::V sum = acc[v];
        if constexpr (kResidual) sum = hn::Add(sum, hn::LoadU(d, residual + v * S::kLanes));
        if constexpr (kClamps) sum = clamped(low, high, sum);
        hn::StoreU(sum, d, to + v * S::kLanes);
    });
}

template <class S>
HWY_INLINE void finish_row(const PanelTask& task, std::size_t at, const typename S::V* HWY_RESTRICT acc) {
    if (task.finish.residual != nullptr) {
        task.clamps ? store_row<S, true, true>(task, at, acc) : store_row<S, true, false>(task, at, acc);
    } else {
        task.clamps ? store_row<S, false, true>(task, at, acc) : store_row<S, false, false>(task, at, acc);
    }
}

/// The same of sums in memory, with a function. Out of the way of rows without: an exponential between them
/// costs rows of few weights as much as their products.
template <class S>
HWY_NOINLINE void finish_with_function(const PanelTask& task, std::size_t at, const float* sums) {
    const typename S::D d;
    for (std::size_t i = 0; i < S::kWidth; i += S::kLanes) {
        typename S::V sum = hn::LoadU(d, sums + i);
        if (task.finish.residual != nullptr) sum = hn::Add(sum, hn::LoadU(d, task.finish.residual + at + i));
        hn::StoreU(finished(task.finish, task.clamps, d, sum), d, task.y + at + i);
    }
}

/// What finish_row() reads and writes of a unit's rows.
template <class S>
HWY_INLINE void fetch_rows(const PanelTask& task, std::size_t strip, std::size_t unit) {
    const std::size_t rows = rows_of<S>(unit, static_cast<std::size_t>(task.rows));
    for (std::size_t row = unit * S::kUnit; row < unit * S::kUnit + rows; ++row) {
        const std::size_t at = row * static_cast<std::size_t>(task.pitch) + strip * S::kWidth;
        fetch<S::kWidth, 1>(task.y + at);
        if (task.finish.residual != nullptr) fetch<S::kWidth>(task.finish.residual + at);
    }
}

/// A block of columns, which is packed, for one strip of lanes.
template <class S>
Cursor run_block(const PanelTask& task, const PackedRows::Block& block, Cursor at, std::size_t strip,
                 bool first, bool last) {
    const typename S::D d;
    constexpr std::ptrdiff_t kAhead = S::kUnit == 1 ? 8 : 4;  // units
    const float* HWY_RESTRICT x = task.packed + strip * S::kWidth;
    const auto all_rows = static_cast<std::size_t>(task.rows);
    const auto pitch = static_cast<std::size_t>(task.pitch);
    const bool finishes = last && task.is_whole();
    const bool has_function = task.finish.function != ConvFinish::Function::none;
    for (std::uint32_t g = 0; g < block.groups; ++g, ++at.group) {
        for (std::uint32_t u = 0; u < at.group->rows; ++u) {
            const std::size_t first_row = at.units[u] * S::kUnit;
            const std::size_t rows = rows_of<S>(at.units[u], all_rows);
            float* HWY_RESTRICT sums = task.sums + first_row * S::kPanel + strip * S::kWidth;
            typename S::V acc[S::kSums][S::kVectors];
            if (finishes && at.units_end - at.units > kAhead + u)
                fetch_rows<S>(task, strip, at.units[kAhead + u]);
            start_unit<S>(first, rows, task.bias + first_row, sums, acc);
            add_unit<S>(at.group->nonzeros, at.values, at.columns, x, acc);
            each<S::kUnit>([&](auto row) HWY_ATTR {
                if (row >= rows) return;
                const std::size_t place = (first_row + row) * pitch + strip * S::kWidth;
                if (finishes && !has_function) return finish_row<S>(task, place, acc[row]);
                each<S::kVectors>([&](auto v) HWY_ATTR {
                    hn::StoreU(acc[row][v], d, sums + row * S::kPanel + v * S::kLanes);
                });
                if (finishes) finish_with_function<S>(task, place, sums + row * S::kPanel);
            });
            at.values += at.group->nonzeros * S::kUnit;
            at.columns += at.group->nonzeros;
        }
        at.units += at.group->rows;
    }
    return at;
}

/// A row of a panel that has fewer positions than lanes.
template <class S>
void finish_narrow_row(const PanelTask& task, std::int64_t row) {
    const typename S::D d;
    HWY_ALIGN float lanes[PanelTask::kMostLanes];
    float* const sums = task.sums + row * task.width;
    const std::int64_t at = row * task.pitch;
    if (task.finish.residual != nullptr) {
        for (std::int64_t i = 0; i < task.count; ++i) sums[i] += task.finish.residual[at + i];
    }
    for (std::size_t i = 0; i < S::kPanel; i += S::kLanes)
        hn::StoreU(finished(task.finish, task.clamps, d, hn::LoadU(d, sums + i)), d, lanes + i);
    std::copy_n(lanes, task.count, task.y + at);
}

/// Of a panel that has fewer positions than lanes. The first block names every row of the part.
template <class S>
void finish_narrow(const PanelTask& task, const PackedRows::Part& part) {
    const std::uint32_t* unit = part.rows.data();
    for (std::uint32_t g = 0; g < part.blocks.front().groups; ++g) {
        for (std::uint32_t u = 0; u < part.groups[g].rows; ++u, ++unit) {
            const std::size_t rows = rows_of<S>(*unit, static_cast<std::size_t>(task.rows));
            for (std::size_t row = 0; row < rows; ++row)
                finish_narrow_row<S>(task, static_cast<std::int64_t>(*unit * S::kUnit + row));
        }
    }
}

template <std::size_t kWidth, std::size_t kUnit>
void run_width(const PanelTask& task, const PackedRows& w) {
    using S = Strip<kWidth, kUnit>;
    const PackedRows::Part& part = w.parts()[task.part];
    Cursor at{part.groups.data(), part.rows.data(), part.rows.data() + part.rows.size(), part.columns.data(),
              part.values.data()};
    for (std::size_t b = 0; b < part.blocks.size(); ++b) {
        const bool last = b + 1 == part.blocks.size();
        const std::int64_t first_column = part.blocks[b].first_column;
        pack<S>(task, first_column, last ? w.columns() : part.blocks[b + 1].first_column);
        Cursor end = at;
        for (std::size_t strip = 0; strip < S::kCount; ++strip)
            end = run_block<S>(task, part.blocks[b], at, strip, b == 0, last);
        at = end;
    }
    if (!task.is_whole()) finish_narrow<S>(task, part);
}

template <std::size_t kUnit>
void run_units(const PanelTask& task, const PackedRows& w) {
    switch (task.width) {
        case 8:
            return run_width<8, kUnit>(task, w);
        case 16:
            return run_width<16, kUnit>(task, w);
        case 24:
            return run_width<24, kUnit>(task, w);
        case 32:
            return run_width<32, kUnit>(task, w);
        case 40:
            return run_width<40, kUnit>(task, w);
        case 48:
            return run_width<48, kUnit>(task, w);
        case 56:
            return run_width<56, kUnit>(task, w);
        default:
            return run_width<64, kUnit>(task, w);
    }
}

void run_task(const PanelTask& task, const PackedRows& w) {
    w.unit() == 1 ? run_units<1>(task, w) : run_units<4>(task, w);
}

void prepare(const ConvShape& shape, const ConvInput& input, const float* pixels, float* channel) {
    if (!input.is_filled()) std::fill_n(channel, input.channel(), 0.0F);
    place_pixels(shape, input, pixels, channel);
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

std::int64_t vector_lanes() { return static_cast<std::int64_t>(hn::MaxLanes(hn::CappedTag<float, 16>())); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_task);
HWY_EXPORT(prepare);
HWY_EXPORT(target_name);
HWY_EXPORT(vector_lanes);

constexpr std::int64_t kLine = PanelTask::kLine;

std::int64_t to_lines(std::int64_t floats) { return (floats + kLine - 1) / kLine * kLine; }

void check(const ConvShape& shape, const std::vector<std::shared_ptr<const PackedRows>>& groups) {
    const auto fits = [&](const std::shared_ptr<const PackedRows>& w) {
        return w->rows() == shape.outputs && w->columns() == shape.columns() &&
               w->parts().size() == groups.front()->parts().size();
    };
    if (static_cast<std::int64_t>(groups.size()) != shape.groups || !std::ranges::all_of(groups, fits)) {
        throw InvalidArgument(
            fmt::format("sparse convolution: expected weights of {} groups of {}x{} in as many parts",
                        shape.groups, shape.outputs, shape.columns()));
    }
}

std::int64_t most_columns(const PackedRows& w) {
    const auto& blocks = w.parts().front().blocks;  // the same of all parts
    std::int64_t most = 0;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        const std::int64_t end = b + 1 < blocks.size() ? blocks[b + 1].first_column : w.columns();
        most = std::max(most, end - blocks[b].first_column);
    }
    return most;
}

std::int64_t panel_vector() { return std::max<std::int64_t>(8, HWY_DYNAMIC_DISPATCH(vector_lanes)()); }

/// Panels of units of rows are full: 5 or 7 vectors would be as many strips of one.
PanelDivision division_of(const ConvShape& shape, std::int64_t lanes, int unit) {
    return {shape.positions(), lanes, panel_vector(), unit == 1};
}

/// Lanes for so many positions: whole vectors, of 8 where vectors are longer but these are few. Five vectors
/// would be five strips of units.
std::int64_t width_of(std::int64_t positions, int unit) {
    const std::int64_t lanes = panel_vector();
    const std::int64_t width = positions <= 8 ? 8 : (positions + lanes - 1) / lanes * lanes;
    return unit > 1 && width == 40 ? 48 : width;
}

/// Lanes of the vectors in which a panel so wide is packed.
std::int64_t vector_of(std::int64_t width) {
    return std::min<std::int64_t>(width % 16 == 0 ? 16 : 8, HWY_DYNAMIC_DISPATCH(vector_lanes)());
}

}  // namespace

ConvF32Panel::ConvF32Panel(const ConvShape& shape, std::vector<std::shared_ptr<const PackedRows>> groups,
                           int threads, std::int64_t lanes)
    : shape_(shape),
      input_(shape),
      groups_(std::move(groups)),
      threads_(threads),
      lanes_(lanes),
      panels_(division_of(shape_, lanes, groups_.front()->unit())) {
    check(shape_, groups_);
    for (const auto& w : groups_) block_columns_ = std::max(block_columns_, most_columns(*w));
    for (std::int64_t k = 0; k < shape_.columns(); ++k) offsets_.push_back(input_.offset(k));
}

int ConvF32Panel::parts_for(const ConvShape& shape, int threads, int unit) {
    constexpr double kUneven = 1.15;
    constexpr std::int64_t kFewestRows = 32;  // of a part
    if (threads < 2 || shape.groups > 1) return 1;
    const PanelDivision panels = division_of(shape, best_lanes(unit), unit);
    const auto most = static_cast<int>(std::min<std::int64_t>(threads, shape.outputs / kFewestRows));
    for (int parts = 1; parts < most; ++parts) {
        const auto busiest = static_cast<double>(panels.busiest(parts, threads) * threads);
        if (busiest < kUneven * static_cast<double>(parts * shape.positions())) return parts;
    }
    return std::max(most, 1);
}

/// A panel, behind which a move may write on, and the sums of all outputs.
std::int64_t ConvF32Panel::thread_floats() const {
    return to_lines(block_columns_ * lanes_ + kLine) + to_lines(shape_.outputs * lanes_);
}

std::size_t ConvF32Panel::scratch_bytes() const {
    const std::int64_t channels = input_.is_in_place() ? 0 : shape_.groups * shape_.channels;
    return static_cast<std::size_t>(threads_ * thread_floats() +
                                    to_lines(channels * input_.channel() + kLine)) *
           sizeof(float);
}

void ConvF32Panel::run(const float* x, float* y, const ConvFinish& finish,
                       std::byte* scratch) const noexcept {
    auto* const own = reinterpret_cast<float*>(scratch);
    float* const prepared = own + threads_ * thread_floats();
    const std::int64_t channels = shape_.groups * shape_.channels;
    const std::int64_t y_image = shape_.groups * shape_.outputs * shape_.positions();
    for (std::int64_t image = 0; image < shape_.images; ++image) {
        const float* input = x + image * channels * shape_.pixels();
        if (!input_.is_in_place()) {
            for_each_item(channels, threads_, [&](std::int64_t channel, int) {
                HWY_DYNAMIC_DISPATCH(prepare)
                (shape_, input_, input + channel * shape_.pixels(), prepared + channel * input_.channel());
            });
            input = prepared;
        }
        ConvFinish of_image = finish;
        if (finish.residual != nullptr) of_image.residual += image * y_image;
        const std::int64_t panels = panels_.count();
        const std::int64_t pieces = std::ssize(groups_.front()->parts()) * shape_.groups * panels;
        for_each_item(pieces, threads_, [&](std::int64_t item, int thread) {
            const Piece piece{.part = item / panels / shape_.groups,
                              .group = item / panels % shape_.groups,
                              .panel = item % panels};
            run_panel(piece, input, y + image * y_image, of_image, own + thread * thread_floats());
        });
    }
}

void ConvF32Panel::run_panel(const Piece& piece, const float* input, float* y, const ConvFinish& finish,
                             float* scratch) const noexcept {
    const auto [part, group, panel] = piece;
    const PackedRows& w = *groups_[static_cast<std::size_t>(group)];
    PanelTask task;
    task.part = static_cast<std::size_t>(part);
    const std::int64_t first = panels_.begin(panel);
    const std::int64_t positions = panels_.size(panel);
    task.width = width_of(positions, w.unit());
    task.add_positions(shape_, input_, first, positions, vector_of(task.width));
    task.input = input + group * shape_.channels * input_.channel();
    task.offsets = offsets_.data();
    task.bias = w.bias();
    task.packed = scratch;
    task.sums = scratch + to_lines(block_columns_ * lanes_ + kLine);
    task.rows = shape_.outputs;
    task.pitch = shape_.positions();
    const std::int64_t at = group * shape_.outputs * task.pitch + first;
    task.y = y + at;
    task.finish = finish;
    if (finish.residual != nullptr) task.finish.residual += at;
    task.clamps = finish.clamps();
    HWY_DYNAMIC_DISPATCH(run_task)(task, w);
}

std::string conv_f32_panel_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
