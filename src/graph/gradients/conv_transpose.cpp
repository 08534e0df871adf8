// ConvTranspose, the gradient of a Conv by its image: dx is the Conv of dy, dw that Conv's gradient by its
// weight, db = sum of dy.
#include <numeric>
#include <utility>

#include "graph/gradient/windows.h"
#include "graph/spatial/transposed_window.h"

namespace espalier::gradients_::conv_transpose_ {
namespace {

/// Of the Conv from y to x. What no input reached at y's end is no window of it.
std::vector<WindowAxis> window(Derivation& d) {
    const Shape x = d.shape(d.in());
    const Shape w = d.shape(d.in(1));
    const Shape y = d.shape(d.out());
    std::vector<WindowAxis> axes;
    for (const auto& axis : transposed_window(d.node(), {w.begin() + 2, w.end()}, {x.begin() + 2, x.end()})) {
        WindowAxis own = axis.window;
        const std::size_t i = axes.size() + 2;
        own.pad_end = own.stride * (x[i] - 1) + own.extent() - own.pad_begin - y[i];
        axes.push_back(own);
    }
    return axes;
}

void derive(Derivation& d) {
    const std::int64_t group = d.node().attribute_int("group", 1);
    std::vector<WindowAxis> axes = window(d);
    for (const WindowAxis& axis : axes) {
        if (axis.pad_begin < 0) d.refuse("there is no gradient where places in front are not reached");
    }
    // Padding below zero is a part of y that is left out.
    std::string dy = d.dy();
    Shape shown = d.shape(dy);
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (axes[i].pad_end < 0) shown[i + 2] += std::exchange(axes[i].pad_end, 0);
    }
    if (shown != d.shape(dy)) {
        std::vector<std::int64_t> all(shown.size());
        std::iota(all.begin(), all.end(), std::int64_t{0});
        dy = d.make("Slice", {dy, d.integers(Shape(shown.size(), 0)), d.integers(shown), d.integers(all)});
    }
    if (d.wants(0)) d.give(0, d.make("Conv", {dy, d.in(1)}, attributes_of(axes, group)));
    if (d.wants(1)) d.give(1, correlate(d, dy, d.in(), axes, group));
    if (!d.wants(2)) return;
    std::vector<std::int64_t> others = {0};
    for (std::int64_t i = 2; i < std::ssize(shown); ++i) others.push_back(i);
    d.give(2, d.reshaped(d.sum_over(d.dy(), others), d.shape(d.in(2))));
}

}  // namespace

extern const GradientRule conv_transpose{.name = "ConvTranspose",
                                         .summary = "dx is the convolution of dy, dw that of dy with x",
                                         .derive = derive};

}  // namespace espalier::gradients_::conv_transpose_
