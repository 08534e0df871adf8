#include "experiment/prune/own_signals.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "graph/analysis/scales.h"
#include "prune/request/signal.h"
#include "prune/request/weight_sums.h"

namespace espalier::experiment {
namespace {

using ByWeight = std::map<std::string, std::vector<float>>;

ByWeight of_each(const std::vector<prune::Candidate>& candidates,
                 std::vector<float> (*values)(const prune::Candidate&)) {
    ByWeight all;
    for (const prune::Candidate& candidate : candidates) all.emplace(candidate.name, values(candidate));
    return all;
}

}  // namespace

OwnSignals::OwnSignals(const Graph& graph, const prune::Request& request,
                       const calibrate::Observed* observed) {
    for (const std::string_view name : prune::signals_needed(request.criterion)) {
        ByWeight& values = values_[std::string(name)];
        if (name == "batch-norm-scale") {
            values = scales_behind(graph, graph.initializers);
        } else if (name == "input-sum") {
            values = of_each(request.weights, prune::input_sums);
        } else if (name == "output-sum") {
            values = of_each(request.weights, prune::output_sums);
        } else if (name == "input-norm" && observed != nullptr) {
            values = observed->norms;
        } else {
            throw InvalidArgument(fmt::format(
                "criterion \"{}\" needs the {}, and an ONNX file has no data: {}prune with a recipe",
                request.criterion, prune::signals().get(name).noun,
                name == "input-norm" ? "give some, --calibrate DATA.npz, or " : ""));
        }
    }
}

void OwnSignals::attach(std::vector<prune::Candidate>& candidates) const {
    for (const auto& [signal, values] : values_) {
        for (prune::Candidate& candidate : candidates) candidate.signals[signal] = values.at(candidate.name);
    }
}

}  // namespace espalier::experiment
