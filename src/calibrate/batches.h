// Calibration data: what a network is run over to learn what its layers see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/tensor.h"

namespace espalier::calibrate {

/// The inputs of a network for one run after another.
using Batches = std::vector<NamedTensors>;

/// `data` as the network takes it: where all of its inputs have a batch, arrays are cut along it into runs of
/// the network's own batch, or where that is open of at most `most` examples. Throws BadData for arrays that
/// are missing, unknown, of another type or shape, of different lengths, without elements, or that hold NaN
/// or infinity.
Batches divided(const Graph& graph, NamedTensors data, std::int64_t most = 16);

/// By input.
std::map<std::string, Shape> shapes_of(const NamedTensors& batch);

}  // namespace espalier::calibrate
