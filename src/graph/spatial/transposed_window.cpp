#include "graph/spatial/transposed_window.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"

namespace espalier {
namespace {

constexpr std::int64_t kUpsampledLimit = std::int64_t{1} << 30;  // products of two stay in 64 bits

std::vector<std::int64_t> sizes_of(const Node& node, const char* key, std::size_t rank, std::int64_t least) {
    auto values = node.attribute_ints(key, {});
    const bool valid = std::ranges::all_of(
        values, [&](std::int64_t value) { return value >= least && value <= kUpsampledLimit; });
    if (!values.empty() && (values.size() != rank || !valid)) {
        throw InvalidModel(
            fmt::format("{}: {} is not {} numbers from {} on", describe(node), key, rank, least));
    }
    return values;
}

/// Padding that makes the output `size` long of what the window reaches over without any.
void pad_to(TransposedAxis& axis, std::int64_t size, std::int64_t reach, bool more_behind) {
    const std::int64_t total = reach - size;
    const std::int64_t half = total / 2;
    axis.window.pad_begin = more_behind ? half : total - half;
    axis.window.pad_end = total - axis.window.pad_begin;
    axis.size = size;
}

}  // namespace

std::vector<TransposedAxis> transposed_window(const Node& node, const std::vector<std::int64_t>& kernel,
                                              const std::vector<std::int64_t>& sizes) {
    const std::size_t rank = sizes.size();
    const Window window = Window::of(node, rank, kernel);
    const auto extra = sizes_of(node, "output_padding", rank, 0);
    const auto wanted = sizes_of(node, "output_shape", rank, 1);
    const bool same = window.auto_pad == AutoPad::same_upper || window.auto_pad == AutoPad::same_lower;
    std::vector<TransposedAxis> axes;
    for (std::size_t i = 0; i < rank; ++i) {
        TransposedAxis axis{.window = window.axes[i]};
        if (sizes[i] > kUpsampledLimit || axis.window.extent() > kUpsampledLimit)
            throw InvalidModel(fmt::format("{}: an image of {} is too large", describe(node), sizes[i]));
        const std::int64_t reach =
            axis.window.stride * (sizes[i] - 1) + axis.window.extent() + (extra.empty() ? 0 : extra[i]);
        if (!wanted.empty()) {
            pad_to(axis, wanted[i], reach, window.auto_pad != AutoPad::same_lower);
        } else if (same) {
            pad_to(axis, sizes[i] * axis.window.stride, reach, window.auto_pad == AutoPad::same_upper);
        } else {
            axis.size = reach - axis.window.pad_begin - axis.window.pad_end;
        }
        if (axis.size < 0)
            throw InvalidModel(fmt::format("{}: pads of {} and {} leave nothing of {} positions",
                                           describe(node), axis.window.pad_begin, axis.window.pad_end,
                                           reach));
        axes.push_back(axis);
    }
    return axes;
}

}  // namespace espalier
