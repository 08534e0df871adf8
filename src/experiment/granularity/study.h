// The granularity study: what cutting a network in every granularity, to every sparsity, gains in measured
// time on this machine, and with a recipe what it costs in accuracy after the same retraining.
//
// What is measured stands in a folder, a file a cell, so that a study that was stopped goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/experiment.h"

namespace espalier::experiment {

struct StudyPlan {
    std::vector<std::string> granularities = {"element", "4x1", "8x1", "16x1", "32x1", "4x4", "1x4", "2:4"};
    std::vector<double> sparsities = {0.5, 0.7, 0.8, 0.9, 0.95};
    bool permute = false;  // granularities with groups once more, with outputs reordered before the cut
    std::vector<std::string> keep = {};  // weights that stay whole; of a recipe: as it says
    std::int64_t batch = 1;
    int threads = 1;
    double seconds = 1;                        // that each network is timed
    std::map<std::string, Shape> shapes = {};  // of a model's inputs with open dimensions
    std::vector<std::string> changes = {};     // of a recipe: "KEY=VALUE"
    std::filesystem::path folder = {};         // empty: "studies/granularity-NAME"
};

/// One granularity at one sparsity.
struct StudyCell {
    std::string granularity;
    bool permuted = false;
    double asked = 0;           // sparsity; of N:M its own
    double sparsity = 0;        // of the prunable weights, that was reached
    double macs_left = 1;       // share of the multiply-adds
    double magnitude_left = 1;  // share of the prunable weights' magnitude, of the cut itself
    double median_ms = 0, low_ms = 0, high_ms = 0;
    double dense_ms = 0;  // of the same network dense at its best, timed in turn
    double speedup = 1, speedup_low = 1, speedup_high = 1;
    struct Layer {
        std::string node, kernel;
        double left = 1;              // share of its weights
        double us = 0, dense_us = 0;  // of the kernel that was chosen, and of the fastest dense one
        double predicted_us = 0;
        std::string why = {};
    };
    std::vector<Layer> layers;  // that have weights
    std::vector<double> accuracies =
        {};  // on the test set after retraining, of each replicate; none without a recipe

    /// "4x1", "4x1, permuted"
    std::string name() const;
    /// How much faster, of what the multiply-adds would allow.
    double efficiency() const { return speedup * macs_left; }
};

struct Study {
    std::string model;  // file name of what was studied
    std::string processor, version;
    std::int64_t batch = 1;
    int threads = 1;
    std::string score = "accuracy";  // what accuracies are (store/tables/score_name.h)
    std::vector<double> dense_accuracies = {};
    std::vector<StudyCell> cells;
    std::filesystem::path folder;
};

/// Cuts the network layer by layer by magnitude, and times it. What the folder holds already is taken from
/// there. Throws InvalidArgument for a folder with a study of something else, Interrupted, and what cut() and
/// runtime::benchmark() throw.
Study study_model(const std::filesystem::path& model, const StudyPlan& plan, const Watch& watch = {});

/// Trains the recipe's network once a replicate; from it, for every cell, cuts at once to the sparsity,
/// retrains as `retrain` says, and times the first replicate's network. Throws BadRecipe where the recipe
/// does not fine-tune.
Study study_recipe(const std::filesystem::path& recipe, const StudyPlan& asked, const Watch& watch = {});

nlohmann::ordered_json to_json(const StudyCell& cell);
nlohmann::ordered_json to_json(const Study& study);
StudyCell cell_from(const nlohmann::ordered_json& json);

/// A table, in `width` columns, 0: as many as it takes.
std::string to_text(const Study& study, std::size_t width);
/// A page with the frontier, the efficiency, and the layers.
std::string to_html(const Study& study);

}  // namespace espalier::experiment
