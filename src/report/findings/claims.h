// The headline: what the data of a run support, in plain sentences, with their mean, range and number.
#pragma once

#include <string>
#include <vector>

#include "report/findings/experiment.h"

namespace espalier::report {

struct Claim {
    std::string title;               // "Fewest weights within 0.5 points of dense"
    std::string figure;              // "3.6 %": what one sees first
    std::vector<std::string> lines;  // sentences, at least one
};

/// The sparsest level of the ticket whose mean validation accuracy is at most 0.5 points below the dense
/// network's; nullptr if there is none. The test set chooses nothing.
const Level* sparsest_near_dense(const Experiment& experiment);

std::vector<Claim> claims(const Experiment& experiment);

}  // namespace espalier::report
