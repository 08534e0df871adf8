// How good a network is, beside its loss and accuracy: what a recipe's experiment.metrics name. One file in
// train/metrics each.
#pragma once

#include <string>
#include <vector>

#include "base/table.h"
#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/recipe.h"
#include "train/libtorch/forward.h"
#include "train/target_kind.h"

namespace espalier::train {

/// Rows (train/loop/rows.h).
struct MetricInput {
    const at::Tensor& outputs;   // [n, classes], or the shape of the targets
    const at::Tensor& targets;   // classes i64 [n], or numbers [n, ...]
    const at::Tensor& original;  // outputs of the original network; undefined unless it is needed
};

struct Metric {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// One number a row, f32 or f64 [n]; the metric is their mean.
    at::Tensor (*each)(const MetricInput& input) = nullptr;
    /// Or, where it is no mean, sums over rows, f64 [m], which are added up over batches, and the metric that
    /// they make of `rows` rows.
    at::Tensor (*sums)(const MetricInput& input) = nullptr;
    double (*value)(std::span<const double> sums, double rows) = nullptr;
    TargetKind targets = TargetKind::any;
    bool is_share = true;  // greater is better, and 1 is all of it
    bool needs_original = false;
};

/// The files of metrics/.
const Table<Metric>& metrics();

/// True if one of these metrics compares with the original network.
bool need_original(const std::vector<std::string>& names);

/// What is always measured, and compared: "top-1" of classes, "r2" of numbers.
const Metric& score_of(const data::Examples& examples);

/// The sums of a metric over batches.
class MetricSum {
  public:
    explicit MetricSum(const Metric& metric) : metric_(metric) {}

    static std::vector<double> of(const Metric& metric, const MetricInput& batch);
    void add(std::span<const double> sums);
    double value(double rows) const;

  private:
    const Metric& metric_;
    std::vector<double> sums_;
};

/// The metrics `recipe.experiment.metrics` of `weights` on `examples`, in their order. `original` is the
/// network with its own weights that need_original() asks for, null if it does not. Throws InvalidArgument
/// for a name that is not known.
std::vector<double> measure(const Recipe& recipe, const Graph& graph, const Weights& weights,
                            const Graph* original, const data::Examples& examples,
                            const data::Normalization& normalization, int threads);

}  // namespace espalier::train
