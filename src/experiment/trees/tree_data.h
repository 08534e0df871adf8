// The data of pruning trees, as the trees see them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "espalier/graph.h"
#include "graph/trees/ensemble.h"
#include "trees/grown/examples.h"

namespace espalier::experiment {

struct TreeData {
    trees::Examples train;
    std::optional<trees::Examples> validation;
    std::optional<trees::Examples> test;
};

/// Throws BadData for a name that means nothing: x_train, y_train and others do.
void require_tree_array(std::string_view name, const std::string& where = {});

/// Arrays of an .npz, of these names.
NamedTensors read_tree_data(const std::filesystem::path& path);

/// The arrays for one node: rows in the type of the graph's input, then through the nodes before it.
TreeData data_of_node(const Graph& graph, const Node& node, const trees::Ensemble& ensemble,
                      const NamedTensors& arrays);

}  // namespace espalier::experiment
