// Which kernels of the runtime skip the zeros of a layer, by how they lie: what can be said without timing.
#pragma once

#include <string>
#include <vector>

#include "surgery/layers.h"

namespace espalier::experiment {

/// "conv_f32_panel 4x1", "conv_f32_panel, as single zeros"; "" for a layer without zeros, "none" where
/// nothing skips them. Whether it is faster than dense is measured by `espalier bench`.
std::string kernels_for(const surgery::LayerInfo& layer);

/// A line for each way in which zeros lie: "zeros of 52 layers lie as vector 4x1: conv_f32_panel can skip
/// them".
std::vector<std::string> zero_uses(const std::vector<surgery::LayerInfo>& layers);

}  // namespace espalier::experiment
