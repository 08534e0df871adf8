#include "lottery/stage/export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "espalier/surgery.h"

namespace espalier::lottery {

Graph ticket_graph(Graph graph, const Weights& weights, const data::Dataset& dataset,
                   const StageSpec& stage) {
    for (const auto& [name, tensor] : weights) graph.initializers.at(name) = tensor;
    graph = surgery::without_training_dropout(std::move(graph));
    graph.metadata["espalier.level"] = std::to_string(stage.level());
    graph.metadata["espalier.replicate"] = std::to_string(stage.replicate);
    graph.metadata["espalier.stage"] = stage.hash;
    graph.metadata["espalier.dataset"] = dataset.name;
    graph.metadata["espalier.input_mean"] = fmt::format("{}", fmt::join(dataset.normalization.mean, " "));
    graph.metadata["espalier.input_deviation"] =
        fmt::format("{}", fmt::join(dataset.normalization.deviation, " "));
    return graph;
}

}  // namespace espalier::lottery
