// Repair of a removal that was found at some sizes.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "calibrate/repair.h"

namespace espalier::experiment {

/// calibrate::repair() of `graph`, which a removal at `shapes` left of `dense`. Where it is not as open as
/// that, `batches`, which fit `dense`, are divided as `graph` takes them; throws BadData where they cannot.
calibrate::Repaired repair_removed(const Graph& dense, Graph& graph, calibrate::Repair how,
                                   const calibrate::Batches& batches,
                                   const std::map<std::string, Shape>& shapes,
                                   const std::function<void(double)>& told = {});

}  // namespace espalier::experiment
