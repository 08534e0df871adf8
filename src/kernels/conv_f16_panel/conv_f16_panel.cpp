#include "kernels/conv_f16_panel/conv_f16_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "kernels/conv_f16_panel/lane_task.h"
#include "kernels/parallel.h"

namespace espalier::kernels {
namespace {

constexpr std::size_t kLine = 64;  // bytes
constexpr std::int64_t kVector = LaneTask::kVector;

std::size_t lines(std::int64_t elements, std::size_t size) {
    return (static_cast<std::size_t>(elements) * size + kLine - 1) / kLine * kLine;
}

std::int64_t whole_vectors(std::int64_t lanes) { return (lanes + kVector - 1) / kVector * kVector; }

void check(const ConvShape& shape, const std::vector<std::shared_ptr<const F16Rows>>& groups,
           std::int64_t lanes) {
    const auto fits = [&](const std::shared_ptr<const F16Rows>& w) {
        return w->rows() == shape.outputs && w->columns() == shape.columns();
    };
    if (static_cast<std::int64_t>(groups.size()) != shape.groups || !std::ranges::all_of(groups, fits)) {
        throw InvalidArgument(fmt::format("sparse convolution in f16: expected weights of {} groups of {}x{}",
                                          shape.groups, shape.outputs, shape.columns()));
    }
    if (lanes < kVector || lanes > ConvF16Panel::kMostLanes || lanes % kVector != 0)
        throw InvalidArgument(fmt::format("panels of {} lanes: expected 32, 64, 96 or 128", lanes));
}

}  // namespace

float f16_scale(float most) {
    constexpr float kLeast = 1.0F / 16, kMost = 256;
    constexpr int kExponent = 8, kMostScale = 100;
    if (most == 0 || (most >= kLeast && most <= kMost)) return 1;
    int exponent = 0;
    std::frexp(most, &exponent);
    return std::ldexp(1.0F, std::min(kExponent - exponent, kMostScale));
}

/// Bytes: images made f16 and the largest number of each channel, and of each thread a panel, sums and a
/// channel of f32. Moves may reach a vector behind what is meant.
struct ConvF16Panel::Room {
    std::size_t prepared, most, packed, sums, channel;

    std::size_t of_thread() const { return packed + sums + channel; }
};

ConvF16Panel::ConvF16Panel(const ConvShape& shape, std::vector<std::shared_ptr<const F16Rows>> groups,
                           bool rows, int threads, std::int64_t lanes)
    : shape_(shape),
      input_(shape),
      groups_(std::move(groups)),
      rows_(rows),
      threads_(threads),
      lanes_(std::min(lanes, std::max(kVector, whole_vectors(shape.positions())))) {
    check(shape_, groups_, lanes);
    if (rows_ && !input_.is_in_place())
        throw InvalidArgument("sparse convolution in f16: rows of channels under a window");
    for (const auto& w : groups_) block_columns_ = std::max(block_columns_, w->most_columns());
    for (std::int64_t k = 0; k < shape_.columns(); ++k) offsets_.push_back(input_.offset(k));
}

ConvF16Panel::Room ConvF16Panel::room() const {
    const bool in_place = input_.is_in_place();
    const std::int64_t channels = in_place ? 0 : shape_.groups * shape_.channels;
    return {.prepared = in_place ? 0 : lines(channels * input_.channel() + kVector, sizeof(std::uint16_t)),
            .most = lines(channels, sizeof(float)),
            .packed = lines(block_columns_ * lanes_ + kVector, sizeof(std::uint16_t)),
            .sums = lines(shape_.outputs * lanes_, sizeof(float)),
            .channel = in_place ? 0 : lines(input_.channel(), sizeof(float))};
}

std::size_t ConvF16Panel::scratch_bytes() const {
    const Room bytes = room();
    return bytes.prepared + bytes.most + static_cast<std::size_t>(threads_) * bytes.of_thread();
}

/// All channels with their padding in f16; returns what they count.
float ConvF16Panel::prepare(const float* image, const Room& room, std::byte* scratch) const noexcept {
    auto* const prepared = reinterpret_cast<std::uint16_t*>(scratch);
    auto* const most = reinterpret_cast<float*>(scratch + room.prepared);
    std::byte* const own = scratch + room.prepared + room.most;
    const std::int64_t channels = shape_.groups * shape_.channels;
    const auto round_all = [&](float scale) {
        for_each_item(channels, threads_, [&](std::int64_t channel, int thread) {
            auto* const padded = reinterpret_cast<float*>(
                own + static_cast<std::size_t>(thread) * room.of_thread() + room.packed + room.sums);
            input_.prepare(image + channel * shape_.pixels(), padded);
            most[channel] =
                round_avx512_fp16(padded, input_.channel(), scale, prepared + channel * input_.channel());
        });
    };
    round_all(1);
    const float scale = f16_scale(*std::max_element(most, most + channels));
    if (scale != 1) round_all(scale);
    return 1 / scale;
}

void ConvF16Panel::run(const float* x, float* y, const ConvFinish& finish,
                       std::byte* scratch) const noexcept {
    const Room bytes = room();
    const std::int64_t panels = (shape_.positions() + lanes_ - 1) / lanes_;
    const std::int64_t x_image = shape_.groups * shape_.channels * shape_.pixels();
    const std::int64_t y_image = shape_.groups * shape_.outputs * shape_.positions();
    for (std::int64_t image = 0; image < shape_.images; ++image) {
        const float* const input = x + image * x_image;
        const float worth = input_.is_in_place() ? 1 : prepare(input, bytes, scratch);
        ConvFinish of_image = finish;
        if (finish.residual != nullptr) of_image.residual += image * y_image;
        for_each_item(shape_.groups * panels, threads_, [&](std::int64_t item, int thread) {
            std::byte* const own =
                scratch + bytes.prepared + bytes.most + static_cast<std::size_t>(thread) * bytes.of_thread();
            run_panel(item / panels, item % panels, input, y + image * y_image, of_image, worth, scratch,
                      own);
        });
    }
}

void ConvF16Panel::run_panel(std::int64_t group, std::int64_t panel, const float* image, float* y,
                             const ConvFinish& finish, float worth, std::byte* prepared,
                             std::byte* own) const noexcept {
    constexpr std::int64_t kHalf = kVector / 2;
    LaneTask task;
    task.weights = groups_[static_cast<std::size_t>(group)].get();
    task.move_lanes = shape_.output[2] <= kHalf ? kHalf : kVector;
    task.add_positions(shape_, input_, panel * lanes_, lanes_, task.move_lanes);
    task.width = whole_vectors(task.count);
    task.offsets = offsets_.data();
    task.rows = rows_;
    task.worth = worth;
    const std::int64_t channel = group * shape_.channels, output = group * shape_.outputs;
    task.input_pitch = shape_.groups * shape_.channels;
    task.input = image + (rows_ ? panel * lanes_ * task.input_pitch + channel : channel * shape_.pixels());
    if (!input_.is_in_place())
        task.prepared = reinterpret_cast<const std::uint16_t*>(prepared) + channel * input_.channel();
    task.packed = reinterpret_cast<std::uint16_t*>(own);
    task.sums = reinterpret_cast<float*>(own + room().packed);
    task.pitch = rows_ ? shape_.groups * shape_.outputs : shape_.positions();
    const std::int64_t at =
        rows_ ? panel * lanes_ * task.pitch + output : output * task.pitch + panel * lanes_;
    task.y = y + at;
    task.finish = finish;
    if (finish.residual != nullptr) task.finish.residual += at;
    run_lanes_avx512_fp16(task);
}

}  // namespace espalier::kernels
