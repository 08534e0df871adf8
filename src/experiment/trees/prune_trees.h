// Pruning the trees of an ONNX file by the data they were grown from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "espalier/experiment.h"
#include "experiment/trees/method_curves.h"
#include "trees/choose/validation.h"
#include "trees/choose/weakest_links.h"
#include "trees/lossless/lossless.h"

namespace espalier::experiment {

struct TreeCut {
    std::string criterion = "cost-complexity";  // of trees::methods(); "lossless": only what changes nothing
    std::optional<double> amount = {};          // what the criterion counts: alpha, trees, ...
    int folds = 0;                              // where there is no amount; 0: the data's own validation rows
    std::string impurity = {};                  // gini, entropy, squared-error, scores; "": as fits the trees
    double refit = 0;                           // L2 with which leaves are fitted again; 0: they are not
    bool lossless = true;                       // the lossless passes behind
    std::uint64_t seed = 0;                     // of folds, and of rows held out
    bool compare = false;                       // try every method, for to_html()
};

struct TreeCounts {
    std::int64_t trees = 0, nodes = 0, leaves = 0;
};

/// What became of one node of the network.
struct PrunedTrees {
    std::string node;
    std::string op;
    TreeCounts before, after;
    std::string impurity;
    bool predicts = false;  // each tree by itself, else they add up
    double amount = 0;
    std::optional<trees::Validated> validated;
    std::vector<trees::Link> path;  // of cost-complexity, where there is one tree
    trees::LosslessResult lossless;
    std::optional<trees::Loss> test_before,
        test_after;  // where the data have test rows and the node gives what is asked
    bool classes = false;
    // Where all methods are compared:
    std::vector<MethodCurve> curves;
    std::string judged_by;  // "by 5 folds"
    std::optional<trees::Ensemble> trees_before, trees_after;
};

struct PrunedTreeFile {
    std::filesystem::path path;
    std::string criterion;
    std::vector<PrunedTrees> nodes;
    std::vector<std::string> notes;
    std::uintmax_t bytes_before = 0, bytes = 0;
};

/// Whether the file holds trees.
bool has_trees(const Graph& graph);

/// Prunes every node with trees by `data`: x_train and y_train, for validation x_validation and y_validation,
/// and x_test and y_test, which choose nothing. Classes are the labels themselves, or positions where those
/// are strings. Throws BadData for columns and labels that do not fit, InvalidArgument for a criterion that
/// does not, and InvalidModel for a network without trees; `graph` is then as it was. "lossless" needs no
/// data.
PrunedTreeFile prune_trees(Graph& graph, const TreeCut& how, const NamedTensors& data,
                           const Watch& watch = {});

/// The same of files; `data` is an .npz.
PrunedTreeFile prune_trees(const std::filesystem::path& model, const TreeCut& how,
                           const std::filesystem::path& data, const std::filesystem::path& output,
                           const Watch& watch = {});

std::string to_text(const PrunedTreeFile& pruned, std::size_t width);
nlohmann::ordered_json to_json(const PrunedTreeFile& pruned);
/// A page without scripts: error over nodes by every method where they were compared, and trees of at most 63
/// nodes before and after.
std::string to_html(const PrunedTreeFile& pruned);

}  // namespace espalier::experiment
