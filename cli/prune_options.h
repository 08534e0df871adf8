// What "espalier prune" of a file is told: the cut, and what is cut.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/experiment.h"
#include "espalier/experiment.h"
#include "experiment/trees/prune_trees.h"

namespace espalier::cli {

struct PruneArguments {
    experiment::Cut cut;
    ExperimentArguments experiment;
    std::vector<std::string> layers;  // "fc1.weight=0.5"
    std::vector<std::string> widths;  // "conv1.weight=48"
    std::vector<std::string> shapes;  // "name=1x3x48x320"
    std::string sensitivity;
    bool remove = false;
    bool permute = false;
    std::string latency;  // "0.5x", "8ms"
    std::int64_t batch = 1;
    int threads = 1;
    std::string precision = "f32";
    experiment::TreeCut trees;
    std::string data;  // of trees
    std::string page;  // of trees
    std::string calibrate;
    std::string repair = "none";
    std::string round_to = "1";   // or "auto"
    std::string store = "as-is";  // or "f16"
};

/// Options of a cut without a recipe, which says all of that itself. The second is the criterion.
std::vector<CLI::Option*> add_cut_options(CLI::App& command, PruneArguments& arguments);

/// Of a file with trees; any of them, or a criterion of trees, says that the file is one.
std::vector<CLI::Option*> add_tree_options(CLI::App& command, PruneArguments& arguments);

}  // namespace espalier::cli
