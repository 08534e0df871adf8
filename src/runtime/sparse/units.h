// How many neighbouring outputs sparse kernels read together.
#pragma once

#include <string>
#include <vector>

#include "runtime/weights/layer_weights.h"

namespace espalier::runtime {

/// Units worth trying: single outputs, and four where the nonzeros lie in such blocks, of `outputs` of a
/// group.
std::vector<int> units_of(const LayerWeights& weights, std::int64_t outputs);

/// Of these, and 16, the largest block that the nonzeros of a product lie in; 1 if in none.
int largest_unit(const LayerWeights& weights);

/// As profiles name it: "conv_f32_panel avx2", "conv_f32_panel 4x1 avx2".
std::string sparse_name(const std::string& kernel, int unit, const std::string& instruction_set);

}  // namespace espalier::runtime
