// What a layer's outputs are added to: y = (layer + bias) + residual.
#pragma once

#include <string>

#include "calibrate/rows/input_rows.h"
#include "graph/analysis/readers.h"

namespace espalier::calibrate {

/// The value that an Add behind the layer, or behind an Add of its bias, takes beside it; "" where nothing
/// alone does so. `readers` are of `graph`.
std::string residual_of(const Graph& graph, const Readers& readers, const Node& layer);

/// Whether the value has the shape of what a layer with these inputs and so many outputs gives, but for the
/// places of an image.
bool fits_residual(const Node& layer, const Tensor& inputs, std::int64_t outputs, const Tensor& value);

/// Such a value, of the shape of the layer's output, as rows in the order of those of the layer's inputs, a
/// column an output. It fits, and must outlive them.
InputRows residual_rows(const Node& layer, const Tensor& value);

}  // namespace espalier::calibrate
