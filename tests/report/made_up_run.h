// A run with invented numbers in the shape of real ones: a LeNet-300-100 pruned over 15 rounds, its ticket at
// every level, its controls at some, replicates, latencies at two batch sizes, and the weights of
// replicate 0.
#pragma once

#include <filesystem>

#include "espalier/store.h"

namespace espalier::report {

struct MadeUp {
    int levels = 16;
    int replicates = 2;
    bool controls = true;
    bool latencies = true;
    bool weights = true;
    bool sensitivities = true;
    bool arms = false;  // of the recipe, and more controls
    bool stability = false;
    bool tradeoff = false;    // the arms of the study, and the fact
    bool widths = false;      // what was cut is removed, and layers get narrower
    double control_loss = 1;  // how far controls fall behind; 0: they do as well as the ticket
    int shrink = 1;           // the layers have 1 / shrink of their weights
};

/// Into `folder`, which must not hold a run yet.
store::Run make_up_run(const std::filesystem::path& folder, const MadeUp& options = {});

}  // namespace espalier::report
