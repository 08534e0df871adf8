// Where a network stopped having finite numbers.
#pragma once

#include <string>

#include "train/executor/executor.h"

namespace espalier::train {

/// Runs the network once more and names the first weight or node output that is not finite: `weight
/// "fc1.weight"`, `the output of node "fc2"`; "the loss" if everything before it is finite.
std::string first_not_finite(Executor& executor, const Inputs& given, const Pass& pass);

}  // namespace espalier::train
