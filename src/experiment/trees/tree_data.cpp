#include "experiment/trees/tree_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "tensor/convert.h"
#include "tensor/npz.h"

namespace espalier::experiment {
namespace {

/// The nodes that `value` comes from, with it as the output.
Graph graph_before(const Graph& graph, const std::string& value, const ValueType& type) {
    Graph before = interface_of(graph);
    before.outputs = {{value, type}};
    std::set<std::string> wanted = {value};
    std::vector<Node> nodes;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        const bool needed =
            std::ranges::any_of(node->outputs, [&](const std::string& o) { return wanted.contains(o); });
        if (!needed) continue;
        for (const std::string& read : values_read(*node)) wanted.insert(read);
        nodes.push_back(*node);
    }
    before.nodes.assign(nodes.rbegin(), nodes.rend());
    for (const auto& [name, tensor] : graph.initializers) {
        if (wanted.contains(name)) before.initializers.emplace(name, tensor);
    }
    return before;
}

std::vector<double> as_doubles(const Tensor& tensor) {
    const Tensor wide = converted(tensor, DType::f64);
    const auto values = wide.as<double>();
    return {values.begin(), values.end()};
}

/// What the node sees of x.
Tensor seen_by(const Graph& graph, const Node& node, const Tensor& x, const std::string& name) {
    if (graph.inputs.size() != 1)
        throw Unsupported(
            fmt::format("the network has {} inputs, trees are pruned by data for one", graph.inputs.size()));
    const Value& input = graph.inputs.front();
    if (x.rank() != 2)
        throw BadData(fmt::format("{} has shape {}, expected rows of features", name, to_string(x.shape())));
    const Dim& columns = input.type.dims.back();
    if (columns.is_fixed() && columns.size() != x.shape()[1])
        throw BadData(
            fmt::format("{} has {} columns, the network takes {}", name, x.shape()[1], columns.size()));
    Tensor rows = converted(x, input.type.dtype);
    if (node.inputs[0] == input.name) return rows;
    const auto types = infer_types(graph);
    runtime::Session session = runtime::compile(graph_before(graph, node.inputs[0], types.at(node.inputs[0])),
                                                {.threads = 1, .tuning = runtime::Options::Tuning::none});
    NamedTensors inputs;
    inputs.emplace(input.name, std::move(rows));
    return std::move(session.run(inputs).front());
}

/// Labels as positions among the ensemble's.
void to_positions(std::vector<double>& y, const trees::Ensemble& ensemble, const std::string& name) {
    for (double& label : y) {
        const auto found = std::ranges::find(ensemble.labels, static_cast<std::int64_t>(label));
        if (found == ensemble.labels.end() || label != std::floor(label))
            throw BadData(fmt::format("{} holds {}, which is none of the {} classes", name, label,
                                      ensemble.labels.size()));
        label = static_cast<double>(found - ensemble.labels.begin());
    }
}

std::optional<trees::Examples> examples_of(const Graph& graph, const Node& node,
                                           const trees::Ensemble& ensemble, const NamedTensors& arrays,
                                           const std::string& part) {
    const auto x = arrays.find("x_" + part);
    const auto y = arrays.find("y_" + part);
    if (x == arrays.end() && y == arrays.end()) return std::nullopt;
    if (x == arrays.end() || y == arrays.end())
        throw BadData(fmt::format("the data have one of x_{} and y_{}, expected both", part, part));
    const Tensor seen = seen_by(graph, node, x->second, x->first);
    trees::Examples examples;
    examples.columns = seen.shape().back();
    examples.x = as_doubles(seen);
    examples.y = as_doubles(y->second);
    if (y->second.count() != seen.shape().front())
        throw BadData(
            fmt::format("{} has {} values for {} rows", y->first, y->second.count(), seen.shape().front()));
    if (!std::ranges::all_of(examples.y, [](double value) { return std::isfinite(value); }))
        throw BadData(fmt::format("{} holds values that are not finite", y->first));
    if (ensemble.classifies) {
        examples.classes = ensemble.outputs;
        to_positions(examples.y, ensemble, y->first);
    }
    return examples;
}

}  // namespace

void require_tree_array(std::string_view name, const std::string& where) {
    constexpr std::string_view kNames[] = {"x_train",      "y_train", "x_validation",
                                           "y_validation", "x_test",  "y_test"};
    if (std::ranges::find(kNames, name) == std::end(kNames))
        throw BadData(fmt::format(
            "{}array \"{}\": expected x_train, y_train, x_validation, y_validation, x_test and y_test", where,
            name));
}

NamedTensors read_tree_data(const std::filesystem::path& path) {
    return read_npz(path, [&](std::string_view name) { require_tree_array(name, path.string() + ": "); });
}

TreeData data_of_node(const Graph& graph, const Node& node, const trees::Ensemble& ensemble,
                      const NamedTensors& arrays) {
    auto train = examples_of(graph, node, ensemble, arrays, "train");
    if (!train) throw BadData("the data have no x_train and y_train");
    return {.train = std::move(*train),
            .validation = examples_of(graph, node, ensemble, arrays, "validation"),
            .test = examples_of(graph, node, ensemble, arrays, "test")};
}

}  // namespace espalier::experiment
