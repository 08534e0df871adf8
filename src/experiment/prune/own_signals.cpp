#include "experiment/prune/own_signals.h"

#include <fmt/format.h>

#include <algorithm>

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

bool is_shown(std::string_view signal) { return signal == "input-norm" || signal == "squared-gradient"; }

}  // namespace

bool reads_data(const std::string& criterion) {
    return std::ranges::any_of(prune::signals_needed(criterion), is_shown);
}

void check_signals(const std::string& criterion, bool has_data) {
    constexpr std::string_view kOwn[] = {"batch-norm-scale", "flow", "input-sum", "output-sum"};
    for (const std::string_view name : prune::signals_needed(criterion)) {
        const bool is_seen = is_shown(name);
        if (std::ranges::find(kOwn, name) != std::end(kOwn) || (is_seen && has_data)) continue;
        throw InvalidArgument(fmt::format(
            "criterion \"{}\" needs the {}, and an ONNX file has no data: {}prune with a recipe", criterion,
            prune::signals().get(name).noun, is_seen ? "give some, --calibrate DATA.npz, or " : ""));
    }
}

bool needs(const std::string& criterion, std::string_view signal) {
    const auto needed = prune::signals_needed(criterion);
    return std::ranges::find(needed, signal) != needed.end();
}

std::set<std::string> names_of(const prune::Request& request) {
    std::set<std::string> names;
    for (const prune::Candidate& weight : request.weights) names.insert(weight.name);
    return names;
}

OwnSignals::OwnSignals(const Graph& graph, const prune::Request& request,
                       const std::vector<std::string>& include, SignalValues shown) {
    for (const std::string_view name : prune::signals_needed(request.criterion)) {
        ByWeight& values = values_[std::string(name)];
        if (name == "batch-norm-scale") {
            values = scales_behind(graph, graph.initializers, include);
        } else if (name == "input-sum") {
            values = of_each(request.weights, prune::input_sums);
        } else if (name == "output-sum") {
            values = of_each(request.weights, prune::output_sums);
        } else {
            values = std::move(shown.at(std::string(name)));  // check_signals()
        }
    }
}

void OwnSignals::attach(std::vector<prune::Candidate>& candidates) const {
    for (const auto& [signal, values] : values_) {
        for (prune::Candidate& candidate : candidates) candidate.signals[signal] = values.at(candidate.name);
    }
}

}  // namespace espalier::experiment
