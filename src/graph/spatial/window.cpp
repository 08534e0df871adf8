#include "graph/spatial/window.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "espalier/error.h"
#include "graph/op.h"

namespace espalier {
namespace {

constexpr std::int64_t kLimit = std::int64_t{1} << 30;  // products of two stay in 64 bits

/// Attribute `key`, with `count` numbers from `least` on.
std::vector<std::int64_t> numbers(const Node& node, const char* key, std::size_t count, std::int64_t least,
                                  std::int64_t fallback) {
    auto values = node.attribute_ints(key, std::vector<std::int64_t>(count, fallback));
    if (values.size() != count) {
        throw InvalidModel(
            fmt::format("{}: {} has {} numbers, expected {}", describe(node), key, values.size(), count));
    }
    for (const std::int64_t value : values) {
        if (value >= least && value <= kLimit) continue;
        throw InvalidModel(fmt::format("{}: {}=[{}], expected numbers from {} on", describe(node), key,
                                       fmt::join(values, ", "), least));
    }
    return values;
}

AutoPad auto_pad_of(const Node& node) {
    const std::string text = node.attribute_string("auto_pad", "NOTSET");
    if (text == "NOTSET") return AutoPad::explicit_;
    if (text == "SAME_UPPER") return AutoPad::same_upper;
    if (text == "SAME_LOWER") return AutoPad::same_lower;
    if (text == "VALID") return AutoPad::valid;
    throw InvalidModel(fmt::format("{}: auto_pad=\"{}\", expected NOTSET, SAME_UPPER, SAME_LOWER or VALID",
                                   describe(node), text));
}

std::vector<std::int64_t> kernel_of(const Node& node, std::size_t rank,
                                    const std::optional<std::vector<std::int64_t>>& kernel) {
    if (!kernel && !node.attributes.contains("kernel_shape"))
        throw InvalidModel(fmt::format("{}: kernel_shape is missing", describe(node)));
    auto values = numbers(node, "kernel_shape", rank, 1, 1);
    if (!kernel) return values;
    if (node.attributes.contains("kernel_shape") && values != *kernel) {
        throw InvalidModel(fmt::format("{}: kernel_shape=[{}], but the weight's kernels are {}",
                                       describe(node), fmt::join(values, ", "), fmt::join(*kernel, "x")));
    }
    return *kernel;
}

}  // namespace

Window Window::of(const Node& node, std::size_t rank,
                  const std::optional<std::vector<std::int64_t>>& kernel) {
    Window window;
    const auto sizes = kernel_of(node, rank, kernel);
    const auto strides = numbers(node, "strides", rank, 1, 1);
    const auto dilations = numbers(node, "dilations", rank, 1, 1);
    const auto pads = numbers(node, "pads", 2 * rank, 0, 0);
    window.auto_pad = auto_pad_of(node);
    window.ceil = node.attribute_int("ceil_mode", 0) != 0;
    const bool padded = window.auto_pad == AutoPad::explicit_;
    for (std::size_t i = 0; i < rank; ++i) {
        window.axes.push_back({.kernel = sizes[i],
                               .stride = strides[i],
                               .dilation = dilations[i],
                               .pad_begin = padded ? pads[i] : 0,
                               .pad_end = padded ? pads[i + rank] : 0});
    }
    return window;
}

WindowAxis Window::along(std::size_t axis, std::int64_t size) const {
    WindowAxis at = axes[axis];
    if (auto_pad != AutoPad::same_upper && auto_pad != AutoPad::same_lower) return at;
    const std::int64_t outputs = size / at.stride + (size % at.stride != 0 ? 1 : 0);
    const std::int64_t total =
        outputs == 0 ? 0 : std::max<std::int64_t>(0, at.extent() - (size - (outputs - 1) * at.stride));
    at.pad_begin = auto_pad == AutoPad::same_lower ? total - total / 2 : total / 2;
    at.pad_end = total - at.pad_begin;
    return at;
}

Window Window::on(std::span<const std::int64_t> image) const {
    Window window = *this;
    for (std::size_t i = 0; i < axes.size(); ++i) window.axes[i] = along(i, image[i]);
    window.auto_pad = AutoPad::explicit_;
    return window;
}

std::int64_t Window::placements(std::size_t axis, std::int64_t size) const {
    const WindowAxis at = along(axis, size);
    const std::int64_t room = at.pad_begin + at.pad_end - at.extent();
    if (size < -room) return 0;
    return (size + room) / at.stride + (ceil && (size + room) % at.stride != 0 ? 1 : 0) + 1;
}

bool Window::ends_in_padding(std::size_t axis, std::int64_t size) const {
    return ceil && (placements(axis, size) - 1) * axes[axis].stride >= size + along(axis, size).pad_begin;
}

std::size_t image_rank(const InferContext& context) {
    const Dims& x = context.input(0).dims;
    if (x.size() >= 3 && x.size() <= 5) return x.size() - 2;
    context.refuse("input of shape " + to_string(x) + ", only images of one to three axes are supported");
}

Dims slide(const InferContext& context, const Window& window) {
    const Dims& in = context.input(0).dims;
    constexpr const char* kNames[] = {"depth", "height", "width"};
    const char* const* names = std::end(kNames) - window.axes.size();
    Dims out(window.axes.size());
    for (std::size_t axis = 0; axis < out.size(); ++axis) {
        const Dim& size = in[axis + 2];
        const WindowAxis& at = window.axes[axis];
        const bool keeps = at.extent() == 1 && at.stride == 1 && at.pad_begin == 0 && at.pad_end == 0;
        if (keeps) out[axis] = size;
        if (keeps || !size.is_fixed()) continue;
        if (size.size() > kLimit) context.fail("an image of " + to_string(in) + " is too large");
        const std::int64_t count = window.placements(axis, size.size());
        if (count < 1) {
            context.fail(fmt::format(
                "a window of {} (with its dilation) does not fit in the {} of {} with padding {} + {}",
                at.extent(), names[axis], size.size(), at.pad_begin, at.pad_end));
        }
        if (window.ends_in_padding(axis, size.size()))
            context.refuse("ceil_mode where the last window sees only padding");
        out[axis] = Dim(count);
    }
    return out;
}

}  // namespace espalier
