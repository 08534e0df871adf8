// How long an experiment will take, from a few steps of its dense networks.
#pragma once

#include "espalier/lottery.h"

namespace espalier::lottery {

/// Seconds of work in each stage, on one core; 0 for those that are done. Sparse levels train faster than the
/// dense steps that this is measured by, so it is an upper estimate. Trains some steps of the network of
/// every arm.
std::vector<double> estimate_stages(const std::vector<StageSpec>& stages, const Recipe& recipe,
                                    const data::Dataset& dataset,
                                    const std::function<bool(const StageSpec& stage)>& is_done);

}  // namespace espalier::lottery
