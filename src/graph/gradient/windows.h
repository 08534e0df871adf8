// What gradients of convolutions and pools share: windows with their padding in numbers.
#pragma once

#include "graph/gradient/derivation.h"
#include "graph/spatial/window.h"

namespace espalier {

/// The window of input 0, which is an image; its size is that of the weight `kernel`, or what the node says.
std::vector<WindowAxis> window_of(Derivation& d, const Shape& kernel = {});

/// Attributes strides, dilations, pads and group.
Attributes attributes_of(const std::vector<WindowAxis>& axes, std::int64_t group);

/// What spreads `value` back over an image of shape `image`, by `weight` as a Conv with these windows has it:
/// the gradient of that Conv by its image.
std::string spread_back(Derivation& d, const std::string& value, const std::string& weight,
                        const std::vector<WindowAxis>& axes, std::int64_t group, const Shape& image);

/// sum over examples and places p of image[n, c, p stride + k dilation - pad] * value[n, o, p], as [o, c in
/// its group, k]: the gradient of such a Conv by its weight, whose taps are `kernel`.
std::string correlate(Derivation& d, const std::string& image, const std::string& value,
                      const std::vector<WindowAxis>& axes, std::int64_t group);

}  // namespace espalier
