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

/// Widths by group from "conv1.weight=48". Throws InvalidArgument.
std::map<std::string, std::int64_t> parse_widths(const std::vector<std::string>& arguments);
/// A whole number from 1, or "auto": 0. Throws InvalidArgument.
std::int64_t parse_multiple(const std::string& text);

/// "0.5x" of the time that the network takes here, or "8ms", into `target`. Throws InvalidArgument.
void read_latency(const std::string& text, RemovalTarget& target);

/// The target of a removal from "0.5x", "8ms" or "", and the multiply-adds of `cut`; nothing if neither is
/// asked for, so that it is the cut's sparsity or widths. Throws InvalidArgument unless exactly one of the
/// three is, or widths are.
std::optional<RemovalTarget> removal_target(const Cut& cut, const std::string& latency);

}  // namespace espalier::experiment
