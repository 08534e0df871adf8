// How good a network is, beside its loss and accuracy: what a recipe's experiment.metrics name. One file in
// train/metrics each.
#pragma once

#include <string>
#include <vector>

#include "base/table.h"
#include "espalier/data.h"
#include "espalier/graph.h"
#include "train/libtorch/forward.h"

namespace espalier::train {

struct MetricInput {
    const at::Tensor& outputs;   // [n, classes]
    const at::Tensor& labels;    // i64 [n]
    const at::Tensor& original;  // outputs of the original network; undefined unless it is needed
};

struct Metric {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// One number an example, f32 or f64 [n]; the metric is their mean.
    at::Tensor (*each)(const MetricInput& input) = nullptr;
    bool is_share = true;  // of the examples, in [0, 1]
    bool needs_original = false;
};

/// The files of metrics/.
const Table<Metric>& metrics();

/// True if one of these metrics compares with the original network.
bool need_original(const std::vector<std::string>& names);

/// The metrics `names` of `weights` on `examples`, in their order. `original` is the network with its own
/// weights that need_original() asks for, null if it does not. Throws InvalidArgument for a name that is not
/// known.
std::vector<double> measure(const std::vector<std::string>& names, const Graph& graph, const Weights& weights,
                            const Graph* original, const data::Examples& examples,
                            const data::Normalization& normalization, int threads);

}  // namespace espalier::train
