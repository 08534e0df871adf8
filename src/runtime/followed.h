// For kernels that compute nothing behind their operation: the steps are passes over their output.
#pragma once

#include "runtime/lowering.h"

namespace espalier::runtime {

/// `candidate`, which gives rows, and behind it all of `site.after`.
Candidate followed(Candidate candidate, const Site& site);

}  // namespace espalier::runtime
