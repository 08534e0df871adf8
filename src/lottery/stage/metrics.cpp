#include "lottery/stage/metrics.h"

#include "lottery/stage/stage_files.h"
#include "train/judging/metric.h"

namespace espalier::lottery {
namespace {

Graph original_of(const StageContext& context, const Weights& weights) {
    Graph graph = context.graph();
    if (!context.recipe().model.onnx.empty()) return graph;
    const bool is_dense = context.stage().is_dense();
    for (const auto& [name, weight] : is_dense ? weights : context.read(context.stage().dense, kWeights))
        graph.initializers.at(name) = weight;
    return graph;
}

}  // namespace

std::vector<store::MetricValue> metrics_of(const StageContext& context, const Weights& weights) {
    const std::vector<std::string>& names = context.recipe().experiment.metrics;
    if (names.empty()) return {};
    Graph original;
    const bool compares = train::need_original(names);
    if (compares) original = original_of(context, weights);
    const data::Dataset& dataset = context.dataset();
    const auto measure = [&](const data::Examples& examples) {
        return train::measure(context.recipe(), context.graph(), weights, compares ? &original : nullptr,
                              examples, dataset.normalization, 1);
    };
    const std::vector<double> validation = measure(dataset.validation);
    const std::vector<double> test = measure(dataset.test);
    std::vector<store::MetricValue> values;
    for (std::size_t i = 0; i < names.size(); ++i)
        values.push_back({names[i], train::metrics().get(names[i]).is_share, validation[i], test[i]});
    return values;
}

}  // namespace espalier::lottery
