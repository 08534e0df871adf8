// What a report on pruning has to have (Blalock et al. 2020, "What is the State of Neural Network Pruning?";
// Frankle et al. 2021, "Pruning Neural Networks at Initialization"), and whether a run has it.
#pragma once

#include <string>
#include <vector>

#include "report/findings/experiment.h"

namespace espalier::report {

struct Practice {
    enum class State { met, missing, warning } state = State::missing;
    std::string item;    // "At least five ratios"
    std::string detail;  // what there is, or what is missing
};

std::vector<Practice> practices(const Experiment& experiment);

}  // namespace espalier::report
