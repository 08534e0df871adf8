#include "calibration.h"

#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>

#include <filesystem>
#include <iterator>

#include "arrays.h"
#include "calibrate/batches.h"
#include "espalier/error.h"
#include "espalier/experiment.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

std::vector<NamedTensors> runs_of(nb::handle arrays, const Graph& graph) {
    return calibrate::divided(graph, copies_of(nb::cast<nb::dict>(arrays)));
}

}  // namespace

std::vector<NamedTensors> calibration_of(nb::handle data, const Graph& graph) {
    if (data.is_none()) return {};
    if (nb::isinstance<nb::dict>(data)) return runs_of(data, graph);
    if (nb::isinstance<nb::list>(data) || nb::isinstance<nb::tuple>(data)) {
        std::vector<NamedTensors> runs;
        for (const nb::handle& each : nb::cast<nb::sequence>(data)) {
            if (!nb::isinstance<nb::dict>(each))
                throw InvalidArgument(
                    fmt::format("calibrate: got a sequence with {}, expected dicts of arrays by input",
                                nb::type_name(each.type()).c_str()));
            std::vector<NamedTensors> more = runs_of(each, graph);
            std::move(more.begin(), more.end(), std::back_inserter(runs));
        }
        return runs;
    }
    std::filesystem::path path;
    if (nb::try_cast(data, path)) return experiment::read_calibration(graph, path);
    PyErr_Clear();
    throw InvalidArgument(fmt::format(
        "calibrate: got {}, expected a dict of arrays by input, a sequence of such dicts or a path",
        nb::type_name(data.type()).c_str()));
}

}  // namespace espalier::python
