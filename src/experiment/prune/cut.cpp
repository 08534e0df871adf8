#include <fmt/format.h>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/choice.h"
#include "prune/request/signal.h"

namespace espalier::experiment {
namespace {

prune::Request request_of(const Cut& how, const Graph& graph, const prune::MaskSet& current) {
    const auto needs = prune::signals_needed(how.criterion);
    if (!needs.empty()) {
        throw InvalidArgument(
            fmt::format("criterion \"{}\" needs the {}, and an ONNX file has no data: prune with a recipe",
                        how.criterion, prune::signals().get(needs.front()).noun));
    }
    prune::Request request = choice_of(how);
    request.weights = surgery::candidates(graph, graph.initializers);
    if (request.weights.empty())
        throw InvalidModel(fmt::format("network \"{}\" has no weights to prune", graph.name));
    request.current = &current;
    request.granularity = how.granularity;
    request.sensitivity = how.sensitivity;
    return request;
}

}  // namespace

prune::Request choice_of(const Cut& how) {
    prune::Request request;
    request.criterion = how.criterion;
    request.unit_norm = how.unit_norm;
    request.scope = how.scope;
    request.target = how.target;
    request.layer_targets = how.layers;
    request.floor = how.floor;
    request.seed = how.seed;
    return request;
}

prune::Plan cut(Graph& graph, const Cut& how) {
    const prune::MaskSet current = surgery::zeros_of(graph);
    prune::Plan plan = prune::plan(request_of(how, graph, current));
    plan.masks.apply(graph.initializers);
    return plan;
}

}  // namespace espalier::experiment
