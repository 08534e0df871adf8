// The data that criteria ask for.
#pragma once

#include "prune/criterion.h"

namespace espalier::prune {

/// Throws InvalidArgument unless the candidate brings what the criterion needs, in the right number.
void check_signals(const Criterion& criterion, const Candidate& candidate, const Layout& layout);

}  // namespace espalier::prune
