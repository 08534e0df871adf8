#include "experiment/prune/own_signals.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "graph/analysis/scales.h"
#include "prune/request/signal.h"

namespace espalier::experiment {
namespace {

constexpr std::string_view kBatchNormScale = "batch-norm-scale";

}  // namespace

OwnSignals::OwnSignals(const Cut& how, const Graph& graph) {
    for (const std::string_view name : prune::signals_needed(how.criterion)) {
        if (name != kBatchNormScale) {
            throw InvalidArgument(fmt::format(
                "criterion \"{}\" needs the {}, and an ONNX file has no data: prune with a recipe",
                how.criterion, prune::signals().get(name).noun));
        }
        scales_ = scales_behind(graph, graph.initializers, how.include);
    }
}

void OwnSignals::attach(std::vector<prune::Candidate>& candidates) const {
    if (scales_.empty()) return;
    for (prune::Candidate& candidate : candidates)
        candidate.signals[std::string(kBatchNormScale)] = scales_.at(candidate.name);
}

}  // namespace espalier::experiment
