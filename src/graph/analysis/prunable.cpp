// Which weights of a network may be cut.
#include <algorithm>
#include <functional>
#include <limits>

#include "base/text/wildcard.h"
#include "espalier/graph.h"
#include "graph/analysis/macs.h"
#include "graph/analysis/untrained.h"
#include "graph/analysis/weight_forms.h"

namespace espalier {
namespace {

/// The gamma of every BatchNormalization that has one as an initialiser, by the value that it normalises.
std::map<std::string, std::string> scales_by_input(const Graph& graph) {
    std::map<std::string, std::string> scales;
    for (const Node& node : graph.nodes) {
        if (node.op != "BatchNormalization" || node.inputs.size() < 2) continue;
        if (graph.initializers.contains(node.inputs[1])) scales.emplace(node.inputs[0], node.inputs[1]);
    }
    return scales;
}

/// Every node, those of bodies behind the one that holds them.
void visit_nodes(const Graph& graph, const std::function<void(const Node& node, bool is_inside)>& visit,
                 bool is_inside = false) {
    for (const Node& node : graph.nodes) {
        visit(node, is_inside);
        for (const auto& attribute : node.attributes) {
            const auto* body = std::get_if<Subgraph>(&attribute.second);
            if (body != nullptr) visit_nodes(body->graph(), visit, true);
        }
    }
}

/// How many outputs a scale behind the weight must have.
std::int64_t outputs_of(const WeightRead& read) {
    const Shape& shape = read.form.shape.empty() ? read.seen : read.form.shape;
    const std::int64_t size = shape[static_cast<std::size_t>(read.output_axis)];
    return read.output_axis == 0 ? size : size * read.form.groups;
}

/// Calls visit(node, is inside a body, read) for all that nodes multiply with, in their order.
void visit_weights(const Graph& graph,
                   const std::function<void(const Node&, bool is_inside, const WeightRead&)>& visit) {
    const WeightForms forms(graph);
    visit_nodes(graph, [&](const Node& node, bool is_inside) {
        for (const WeightRead& read : forms.read_by(node)) visit(node, is_inside, read);
    });
}

std::string untrained(const Graph& graph, const WeightRead& read) {
    return untrained(graph.initializers.at(read.weight), read.form.groups);
}

}  // namespace

std::vector<PrunableWeight> prunable(const Graph& graph, const std::vector<std::string>& include) {
    std::vector<PrunableWeight> found;
    std::set<std::string> multiplied;  // an embedding that is also the last layer counts as that layer
    visit_weights(graph, [&](const Node&, bool, const WeightRead& read) {
        if (!read.on_request) multiplied.insert(read.weight);
    });
    Types types;
    const auto scales = scales_by_input(graph);
    std::map<std::string, std::size_t> seen;  // place in `found`
    std::set<std::string> left;               // that no training made
    const auto is_named = [&](const std::string& name) {
        return std::ranges::any_of(include, [&](const auto& pattern) { return matches(pattern, name); });
    };
    visit_weights(graph, [&](const Node& node, bool is_inside, const WeightRead& read) {
        if (left.contains(read.weight)) return;
        if (read.on_request && (multiplied.contains(read.weight) || !is_named(read.weight))) return;
        if (types.empty()) types = types_of_one_example(graph);
        // How often a body runs is known only when it does.
        const double uses = is_inside ? std::numeric_limits<double>::quiet_NaN()
                                      : uses_of_weight(node, read.input, read.seen, types) / batch_of(graph);
        if (const auto place = seen.find(read.weight); place != seen.end()) {
            found[place->second].macs_per_weight += uses;  // tied: each node that reads it multiplies with it
            return;
        }
        if (!is_named(read.weight) && !untrained(graph, read).empty()) {
            left.insert(read.weight);
            return;
        }
        seen[read.weight] = found.size();
        const auto scale = is_inside || read.input == 0 ? scales.end() : scales.find(node.outputs[0]);
        const bool fits =
            scale != scales.end() && graph.initializers.at(scale->second).count() == outputs_of(read);
        found.push_back({.name = read.weight,
                         .output_axis = read.output_axis,
                         .macs_per_weight = uses,
                         .scale = fits ? scale->second : "",
                         .form = read.form,
                         .stored_axis = read.stored_axis});
    });
    return found;
}

std::vector<std::string> prunable_weights(const Graph& graph, const std::vector<std::string>& include) {
    std::vector<std::string> names;
    for (PrunableWeight& weight : prunable(graph, include)) names.push_back(std::move(weight.name));
    return names;
}

std::map<std::string, std::string> untrained_weights(const Graph& graph) {
    std::map<std::string, std::string> found;
    std::set<std::string> done;
    visit_weights(graph, [&](const Node&, bool, const WeightRead& read) {
        if (read.on_request || !done.insert(read.weight).second) return;
        if (std::string what = untrained(graph, read); !what.empty()) found[read.weight] = std::move(what);
    });
    return found;
}

std::vector<std::string> weights_by_name(const Graph& graph) {
    const auto untouched = untrained_weights(graph);
    std::vector<std::string> names;
    visit_weights(graph, [&](const Node&, bool, const WeightRead& read) {
        const bool asked = read.on_request || untouched.contains(read.weight);
        if (asked && std::ranges::find(names, read.weight) == names.end()) names.push_back(read.weight);
    });
    return names;
}

}  // namespace espalier
