// How units are chosen, as a request without weights and granularity.
#pragma once

#include "espalier/experiment.h"

namespace espalier::experiment {

prune::Request choice_of(const Cut& how);

}  // namespace espalier::experiment
