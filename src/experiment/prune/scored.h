// Which weights a criterion leaves, of a network that is a file.
#pragma once

#include "espalier/experiment.h"
#include "experiment/prune/own_signals.h"

namespace espalier::experiment {

/// Plans the cut of `request`, whose criterion has passed check_signals(), of `graph` in f32. Scores are
/// taken once, or anew in rounds (Cut::score_rounds). `shown`: what calibration data tell. Throws
/// InvalidArgument for rounds towards another target than a sparsity, and as prune::plan() does.
prune::Plan plan_scored(const Graph& graph, const Cut& how, prune::Request request, SignalValues shown = {},
                        const Watch& watch = {});

}  // namespace espalier::experiment
