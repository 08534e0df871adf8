// How units are chosen, as a request without weights and granularity.
#pragma once

#include "espalier/experiment.h"

namespace espalier::experiment {

prune::Request choice_of(const Cut& how);

bool is_kept(const Cut& how, const std::string& weight);
/// Throws InvalidArgument for a pattern of `how.include` that fits nothing that is pruned only by name.
void check_included(const Cut& how, const Graph& graph);
/// Throws InvalidArgument for a pattern of `how.keep` that fits none of them.
void check_kept(const Cut& how, const std::vector<std::string>& weights);

}  // namespace espalier::experiment
