// What a cut and a removal came to, with what calibration data say of them.
#pragma once

#include <optional>

#include "calibrate/repair.h"
#include "espalier/experiment.h"

namespace espalier::python {

struct PlanObject {
    prune::Plan plan;
    std::optional<experiment::CalibrationError> error = {};
    std::optional<experiment::Permutation> order = {};
};

struct RemovalObject {
    experiment::Removal removal;
    std::optional<calibrate::Repaired> repaired = {};
};

}  // namespace espalier::python
