// How long an experiment will take, from a few steps of its dense networks.
#pragma once

#include "espalier/lottery.h"

namespace espalier::lottery {

/// Seconds of work in all stages that `run_has` does not have, on one core. Sparse levels train faster than
/// the dense steps that this is measured by, so it is an upper estimate. Trains some steps of the network of
/// every arm.
double estimate_seconds(const std::vector<StageSpec>& stages, const Recipe& recipe,
                        const data::Dataset& dataset,
                        const std::function<bool(const std::string& hash)>& run_has);

}  // namespace espalier::lottery
