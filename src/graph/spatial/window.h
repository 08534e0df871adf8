// The window that a convolution or a pool slides over an image of one to three axes: its size, steps and
// padding, read from a node's attributes by one rule for shapes and for execution.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

/// Along one axis of the image.
struct WindowAxis {
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t dilation = 1;
    std::int64_t pad_begin = 0;
    std::int64_t pad_end = 0;

    /// Input positions that one placement reaches over.
    std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

enum class AutoPad : std::uint8_t { explicit_, same_upper, same_lower, valid };

struct Window {
    std::vector<WindowAxis> axes;  // depth, height, width, or the last of them
    AutoPad auto_pad = AutoPad::explicit_;
    bool ceil = false;  // the last placement may reach over the padded edge

    /// The attributes of a Conv or pool over images of `rank` axes. `kernel` is the size that a weight says,
    /// or left out. Throws InvalidModel, naming the node, for sizes that mean nothing.
    static Window of(const Node& node, std::size_t rank,
                     const std::optional<std::vector<std::int64_t>>& kernel = {});

    /// With the padding that auto_pad stands for on an image of this size.
    Window on(std::span<const std::int64_t> image) const;
    /// One axis of it.
    WindowAxis along(std::size_t axis, std::int64_t size) const;

    /// Placements along one axis of `size`; fewer than 1 if it does not fit.
    std::int64_t placements(std::size_t axis, std::int64_t size) const;
    /// With `ceil`, the last placement would see nothing but the padding behind the image. Programs differ in
    /// whether it counts.
    bool ends_in_padding(std::size_t axis, std::int64_t size) const;
};

class InferContext;

/// Axes of the images that input 0, a value N x C x ..., holds. Throws Unsupported unless there are one to
/// three.
std::size_t image_rank(const InferContext& context);

/// The size of the image after the window has gone over input 0. Throws InvalidModel if it does not fit.
Dims slide(const InferContext& context, const Window& window);

}  // namespace espalier
