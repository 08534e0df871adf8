// What Conv and ConvInteger share: shapes, the sum itself, and which axes belong together.
#pragma once

#include "graph/coupling/coupling.h"
#include "graph/op.h"
#include "graph/spatial/images.h"

namespace espalier {

/// The shape of a convolution of input 0 [N, C, ...] with the weight `w` [O, C / group, ...] of the node.
/// Throws InvalidModel where they do not fit.
Dims convolved(const InferContext& context, const Dims& w);
/// In groups the same channels of every group go together, so that all stay equal. Where each channel is a
/// group of its own (depthwise), it goes with its outputs. `each_output`: inputs of one element an output.
void couple_convolution(Coupling& coupling, std::span<const std::size_t> each_output);
void shrink_convolution(Shrinking& shrinking);

/// y[n, o] = b[o] + sum over c of x[n, c] correlated with w[o, c], `bias` may be null; sums of type Sum.
template <class Sum, class T, class Y>
void convolve(const Node& node, const Shape& x, const T* images, const Shape& w, const T* weights,
              const Y* bias, const Shape& y, Y* to) {
    const std::vector<std::int64_t> kernel(w.begin() + 2, w.end());
    const Window window = Window::of(node, kernel.size(), kernel).on(std::span(x).subspan(2));
    const auto axes = volume_axes(window.axes);
    const Volume image = volume_of(x);
    const Volume taps = volume_of(w);
    const std::int64_t outputs_each = w[0] / node.attribute_int("group", 1);
    for (std::int64_t i = 0; i < y[0] * y[1]; ++i) {
        const std::int64_t o = i % y[1];
        const T* channels = images + (i / y[1] * x[1] + o / outputs_each * w[1]) * positions_in(image);
        const T* filter = weights + o * w[1] * positions_in(taps);
        places(volume_of(y), [&](const Volume& place) {
            Sum sum = bias == nullptr ? Sum{} : static_cast<Sum>(bias[o]);
            const Taps seen = Taps::at(axes, image, place);
            for (std::int64_t c = 0; c < w[1]; ++c) {
                seen.visit(axes, image, [&](const Volume& tap, std::int64_t at) {
                    sum += static_cast<Sum>(channels[c * positions_in(image) + at]) *
                           static_cast<Sum>(filter[c * positions_in(taps) + offset_in(taps, tap)]);
                });
            }
            *to++ = static_cast<Y>(sum);
        });
    }
}

}  // namespace espalier
