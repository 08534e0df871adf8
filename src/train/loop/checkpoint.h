// A training in progress as one file, so that a killed process loses no more than the steps since.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "espalier/mask.h"
#include "espalier/store.h"
#include "espalier/tensor.h"

namespace espalier::train {

/// Everything that `step` updates have left behind. Random streams are functions of the step, so they need
/// no place here.
struct Checkpoint {
    std::int64_t step = 0;
    std::int64_t updates = 0;  // of the optimiser; not `step` where training began later
    Weights weights;
    NamedTensors optimizer;   // "fc1.weight/0"
    Weights movement;         // empty unless accumulated
    prune::MaskSet masks;     // empty without; shapes as the weights'
    prune::MaskSet explored;  // kept in some step so far; empty without

    std::map<std::int64_t, Weights> snapshots;
    std::vector<store::Evaluation> curve;
    double last_loss = 0;
    double loss_sum = 0;  // of the steps since the last evaluation
    std::int64_t loss_count = 0;

    Weights best_weights;  // of least validation loss so far; empty: none yet under these masks
    std::int64_t best_step = 0;
    double best_loss = 0;
    double best_accuracy = 0;
    double seconds = 0;  // of training so far
    std::string memo;    // of the caller
};

/// `key` names the training that this belongs to. Throws IoError; a file that was there before then stays.
void save(const std::filesystem::path& path, const std::string& key, const Checkpoint& checkpoint);

/// Nothing if there is no file. Throws BadData, naming it, if it is damaged or of another training.
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path, const std::string& key);

}  // namespace espalier::train
