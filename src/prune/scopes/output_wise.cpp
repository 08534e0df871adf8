// Units compete with those of the same output only, and each output loses the same share (Sun et al. 2024,
// Wanda).
#include "prune/scope.h"

namespace espalier::prune::scopes_::output_wise_ {

extern const Scope output_wise{.name = "output-wise",
                               .summary = "the same share of every output of every layer",
                               .formula = "cut_o = floor(p_l * n_o)",
                               .source = "Sun et al. 2024, A Simple and Effective Pruning Approach for LLMs",
                               .own_targets = true,
                               .within_outputs = true};

}  // namespace espalier::prune::scopes_::output_wise_
