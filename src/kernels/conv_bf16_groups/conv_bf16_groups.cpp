#include "kernels/conv_bf16_groups/conv_bf16_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "espalier/error.h"
#include "kernels/conv_bf16_groups/span_task.h"
#include "kernels/cpu_features.h"
#include "kernels/parallel.h"

namespace espalier::kernels {
namespace {

constexpr std::size_t kLine = 64;           // bytes
constexpr std::int64_t kChannelBlock = 16;  // that are read together where channels are last

std::size_t to_lines(std::size_t bytes) { return (bytes + kLine - 1) / kLine * kLine; }

void check(const ConvShape& shape, const std::vector<std::shared_ptr<const GroupTiles>>& groups) {
    const auto fits = [&](const std::shared_ptr<const GroupTiles>& w) {
        return w->rows() == shape.outputs && w->width() == shape.columns() &&
               w->unit() == groups.front()->unit();
    };
    if (static_cast<std::int64_t>(groups.size()) != shape.groups || !std::ranges::all_of(groups, fits)) {
        throw InvalidArgument(
            fmt::format("sparse convolution: got weights of {} groups, expected {} of {}x{}", groups.size(),
                        shape.groups, shape.outputs, shape.columns()));
    }
}

template <class T>
const std::byte* at(const T* memory, std::int64_t elements, bool bf16) {
    return reinterpret_cast<const std::byte*>(memory) + elements * (bf16 ? 2 : 4);
}

/// Room for what a span's columns read: of two chunks, or of all.
std::size_t gathered_bytes(const GroupTiles& weights, Bf16Unit unit) {
    const std::int64_t chunk = (weights.unit() == 16 ? 4 : 2) * SpanTask::kTileBytes;
    return static_cast<std::size_t>(unit == Bf16Unit::amx ? 2 * chunk : weights.most_chunks() * chunk);
}

}  // namespace

std::vector<Bf16Unit> bf16_units() {
    std::vector<Bf16Unit> units;
    if (has_amx_bf16()) units.push_back(Bf16Unit::amx);
    if (has_avx512_bf16()) units.push_back(Bf16Unit::avx512_bf16);
    return units;
}

const char* name_of(Bf16Unit unit) { return unit == Bf16Unit::amx ? "amx" : "avx512_bf16"; }

bool ConvBf16Groups::reaches(const ConvShape& shape) {
    return shape.channels * ConvPlanes(shape).channel() <= std::numeric_limits<std::int32_t>::max();
}

ConvBf16Groups::ConvBf16Groups(const ConvShape& shape, std::vector<std::shared_ptr<const GroupTiles>> groups,
                               const Form& form, Bf16Unit unit, int threads)
    : shape_(shape), planes_(shape), groups_(std::move(groups)), form_(form), unit_(unit), threads_(threads) {
    check(shape_, groups_);
    if (!reaches(shape_)) throw InvalidArgument("convolution in bf16: its input is out of reach of 32 bits");
    for (const auto& w : groups_) {
        std::vector<std::int32_t>& offsets = offsets_.emplace_back();
        for (const std::int32_t column : w->columns()) {
            const std::int64_t offset = is_in_place() ? column * shape_.pixels() : planes_.offset(column);
            offsets.push_back(static_cast<std::int32_t>(offset));
        }
    }
}

bool ConvBf16Groups::is_in_place() const {
    return form_.x_bf16 && !form_.channels_last && planes_.is_plain();
}

std::size_t ConvBf16Groups::thread_bytes() const {
    std::size_t most = 0;
    for (const auto& w : groups_) most = std::max(most, gathered_bytes(*w, unit_));
    return to_lines(most) + kSumsBytes;
}

std::size_t ConvBf16Groups::planes_bytes() const {
    if (is_in_place()) return 0;
    return to_lines(static_cast<std::size_t>(shape_.groups * shape_.channels * planes_.channel()) * 2);
}

std::size_t ConvBf16Groups::scratch_bytes() const {
    return planes_bytes() + static_cast<std::size_t>(threads_) * thread_bytes();
}

void ConvBf16Groups::prepare(const void* image, std::uint16_t* planes) const noexcept {
    const std::int64_t channels = shape_.groups * shape_.channels;
    const std::int64_t channel = planes_.channel();
    const std::int64_t step = form_.channels_last ? kChannelBlock : 1;
    for_each_item((channels + step - 1) / step, threads_, [&](std::int64_t item, int) {
        const std::int64_t first = item * step;
        const std::int64_t count = std::min(step, channels - first);
        std::memset(planes + first * channel, 0, static_cast<std::size_t>(count * channel) * 2);
        if (form_.channels_last) {
            fill_planes_from_rows(planes_, image, form_.x_bf16, channels, first, channels, planes);
        } else {
            fill_planes(planes_, at(image, first * shape_.pixels(), form_.x_bf16), form_.x_bf16,
                        planes + first * channel);
        }
    });
}

void ConvBf16Groups::run(const void* x, void* y, const GroupFinish& finish,
                         std::byte* scratch) const noexcept {
    const std::int64_t channels = shape_.groups * shape_.channels;
    const std::int64_t outputs = shape_.groups * shape_.outputs;
    for (std::int64_t image = 0; image < shape_.images; ++image) {
        const std::byte* const pixels = at(x, image * channels * shape_.pixels(), form_.x_bf16);
        const auto* planes = reinterpret_cast<const std::uint16_t*>(pixels);
        if (!is_in_place()) {
            auto* const prepared = reinterpret_cast<std::uint16_t*>(scratch);
            prepare(pixels, prepared);
            planes = prepared;
        }
        GroupFinish of_image = finish;
        const std::int64_t first = image * outputs * shape_.positions();
        if (finish.residual != nullptr) of_image.residual = at(finish.residual, first, form_.y_bf16);
        run_image(planes, const_cast<std::byte*>(at(y, first, form_.y_bf16)), of_image,
                  scratch + planes_bytes());
    }
}

void ConvBf16Groups::run_image(const std::uint16_t* planes, void* y, const GroupFinish& finish,
                               std::byte* scratch) const noexcept {
    const std::int64_t span = groups_.front()->unit() == 16 ? 64 : 32;
    const std::int64_t spans = (planes_.positions() + span - 1) / span;
    const std::int64_t parts = std::min<std::int64_t>(spans, threads_ == 1 ? 1 : 4 * threads_);
    const std::int64_t channel = is_in_place() ? shape_.pixels() : planes_.channel();
    for_each_item(shape_.groups * parts, threads_, [&](std::int64_t item, int thread) {
        const std::int64_t group = item / parts, part = item % parts;
        SpanTask task;
        task.weights = groups_[static_cast<std::size_t>(group)].get();
        task.offsets = offsets_[static_cast<std::size_t>(group)].data();
        task.x = planes + group * shape_.channels * channel + (is_in_place() ? 0 : planes_.start());
        task.planes = &planes_;
        task.masked = is_in_place();
        task.first = part * spans / parts;
        task.last = (part + 1) * spans / parts;
        task.channels_last = form_.channels_last;
        task.pitch = form_.channels_last ? shape_.groups * shape_.outputs : shape_.positions();
        const std::int64_t start = group * shape_.outputs * (form_.channels_last ? 1 : shape_.positions());
        task.y = const_cast<std::byte*>(at(y, start, form_.y_bf16));
        task.y_bf16 = form_.y_bf16;
        if (finish.residual != nullptr) task.residual = at(finish.residual, start, form_.y_bf16);
        task.finish = finish;
        std::byte* const own = scratch + static_cast<std::size_t>(thread) * thread_bytes();
        task.sums = reinterpret_cast<float*>(own);
        task.gathered = own + kSumsBytes;
        unit_ == Bf16Unit::amx ? run_spans_amx(task) : run_spans_avx512_bf16(task);
    });
}

}  // namespace espalier::kernels
