// Calibration data of Python.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "espalier/graph.h"
#include "espalier/tensor.h"

namespace espalier::python {

/// The inputs of `graph` for one run after another, copied: from a path, as experiment::read_calibration()
/// takes it; from a dict of arrays by the names of the inputs; or from a sequence of such dicts, each with
/// shapes of its own. Nothing of None. Throws as these do, and InvalidArgument for anything else.
std::vector<NamedTensors> calibration_of(nanobind::handle data, const Graph& graph);

}  // namespace espalier::python
