// What is asked of a cut, as words of a command line or of a binding.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "espalier/experiment.h"

namespace espalier::experiment {

/// Sparsities by layer from "fc1.weight=0.5". Throws InvalidArgument.
std::map<std::string, double> parse_layers(const std::vector<std::string>& arguments);

/// "0.5x" of the time that the network takes here, or "8ms", into `target`. Throws InvalidArgument.
void read_latency(const std::string& text, RemovalTarget& target);

/// The target of a removal from "0.5x", "8ms" or "", and the multiply-adds of `cut`; nothing if neither is
/// asked for, so that it is the cut's sparsity. Throws InvalidArgument unless exactly one of the three is.
std::optional<RemovalTarget> removal_target(const Cut& cut, const std::string& latency);

}  // namespace espalier::experiment
