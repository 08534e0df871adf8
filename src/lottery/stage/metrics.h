// The metrics of a recipe at the end of a stage.
#pragma once

#include "lottery/stage/context.h"

namespace espalier::lottery {

/// Of `weights`, on the validation and the test split. The original network is model.onnx as it came; for a
/// built-in one, the dense network at the end of its training.
std::vector<store::MetricValue> metrics_of(const StageContext& context, const Weights& weights);

}  // namespace espalier::lottery
