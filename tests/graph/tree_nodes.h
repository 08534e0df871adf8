// Small nodes with trees for tests.
#pragma once

#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/trees/ensemble.h"

namespace espalier::testing {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

/// One regression tree: x0 <= 1 ? (x1 <= 2 ? 10 : 20) : 30.
inline Node small_regressor() {
    Node node{
        .name = "trees", .op = "TreeEnsembleRegressor", .inputs = {"x"}, .outputs = {"y"}, .attributes = {}};
    node.attributes = {{"n_targets", std::int64_t{1}},
                       {"nodes_treeids", Ints{0, 0, 0, 0, 0}},
                       {"nodes_nodeids", Ints{0, 1, 2, 3, 4}},
                       {"nodes_featureids", Ints{0, 1, 0, 0, 0}},
                       {"nodes_modes", Strings{"BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"}},
                       {"nodes_values", Floats{1, 2, 0, 0, 0}},
                       {"nodes_truenodeids", Ints{1, 2, 0, 0, 0}},
                       {"nodes_falsenodeids", Ints{4, 3, 0, 0, 0}},
                       {"target_treeids", Ints{0, 0, 0}},
                       {"target_nodeids", Ints{2, 3, 4}},
                       {"target_ids", Ints{0, 0, 0}},
                       {"target_weights", Floats{10, 20, 30}}};
    return node;
}

/// Two classes "no" and "yes" by one score: x0 <= 0 ? a : b, with LOGISTIC where `logistic`.
inline Node small_classifier(float a, float b, bool logistic) {
    Node node{.name = "classes",
              .op = "TreeEnsembleClassifier",
              .inputs = {"x"},
              .outputs = {"label", "scores"},
              .attributes = {}};
    node.attributes = {{"classlabels_strings", Strings{"no", "yes"}},
                       {"post_transform", std::string(logistic ? "LOGISTIC" : "NONE")},
                       {"nodes_treeids", Ints{0, 0, 0}},
                       {"nodes_nodeids", Ints{0, 1, 2}},
                       {"nodes_featureids", Ints{0, 0, 0}},
                       {"nodes_modes", Strings{"BRANCH_LEQ", "LEAF", "LEAF"}},
                       {"nodes_values", Floats{0, 0, 0}},
                       {"nodes_truenodeids", Ints{1, 0, 0}},
                       {"nodes_falsenodeids", Ints{2, 0, 0}},
                       {"class_treeids", Ints{0, 0}},
                       {"class_nodeids", Ints{1, 2}},
                       {"class_ids", Ints{0, 0}},
                       {"class_weights", Floats{a, b}}};
    return node;
}

/// TreeEnsemble of one test `mode` (0 to 6) of x0 against `split` (or the set 1, 4): 1 where it holds,
/// else 2.
inline Node one_test(std::uint8_t mode, float split, bool missing_yes) {
    Node node{.name = "test", .op = "TreeEnsemble", .inputs = {"x"}, .outputs = {"y"}, .attributes = {}};
    node.attributes = {{"n_targets", std::int64_t{1}},
                       {"nodes_modes", Tensor::of<std::uint8_t>({1}, std::vector<std::uint8_t>{mode})},
                       {"nodes_featureids", Ints{0}},
                       {"nodes_splits", Tensor::of<float>({1}, Floats{split})},
                       {"nodes_truenodeids", Ints{0}},
                       {"nodes_trueleafs", Ints{1}},
                       {"nodes_falsenodeids", Ints{1}},
                       {"nodes_falseleafs", Ints{1}},
                       {"nodes_missing_value_tracks_true", Ints{missing_yes ? 1 : 0}},
                       {"leaf_targetids", Ints{0, 0}},
                       {"leaf_weights", Tensor::of<float>({2}, Floats{1, 2})},
                       {"tree_roots", Ints{0}}};
    if (mode == 6) node.attributes["membership_values"] = Tensor::of<float>({2}, Floats{1, 4});
    return node;
}

/// Node `node` alone in a graph of rows of `columns`.
inline Graph graph_of(const Node& node, std::int64_t columns, DType dtype = DType::f32) {
    Graph graph;
    graph.name = "trees";
    graph.inputs = {{"x", {dtype, {Dim("N"), Dim(columns)}}}};
    graph.nodes = {node};
    const auto types = infer_types(graph);
    for (const std::string& output : node.outputs) graph.outputs.push_back({output, types.at(output)});
    return graph;
}

}  // namespace espalier::testing
