#include "lottery/stage/export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "espalier/surgery.h"
#include "graph/coupling/axis_groups.h"
#include "surgery/removal/group_ranking.h"

namespace espalier::lottery {

Graph ticket_graph(Graph graph, const Weights& weights, const prune::MaskSet* removed,
                   const data::Dataset& dataset, const StageSpec& stage) {
    for (const auto& [name, tensor] : weights) graph.initializers.at(name) = tensor;
    graph = surgery::without_training_dropout(std::move(graph));
    if (removed != nullptr) {
        const AxisGroups groups(graph);
        graph = groups.without(graph, surgery::ids_of(surgery::pruned_units(groups, *removed)));
    }
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
