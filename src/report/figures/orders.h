// What prune.permute did to the networks of a run.
#pragma once

#include <string>
#include <vector>

#include "report/figures/series.h"

namespace espalier::report {

/// A line for every search and replicate: the magnitude that its cut keeps, and what it would keep without.
/// Empty where nothing asked for an order.
std::vector<std::string> order_lines(const Experiment& experiment);

}  // namespace espalier::report
