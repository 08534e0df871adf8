#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "bindings.h"
#include "calibration.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/arguments.h"
#include "experiment/removal/for_removal.h"
#include "experiment/removal/removed.h"
#include "experiment/removal/repair_removed.h"
#include "graph/analysis/input_shapes.h"
#include "graph_object.h"
#include "prune_results.h"
#include "watched.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

using Shapes = std::map<std::string, Shape>;

std::vector<NamedTensors> data_for(const Graph& graph, const Shapes& shapes, nb::handle calibrate) {
    Graph sized = interface_of(graph);
    set_input_shapes(sized, shapes);
    return calibration_of(calibrate, sized);
}

PlanObject cut(GraphObject& graph, experiment::Cut how, const Shapes& shapes, bool permute,
               nb::handle calibrate, const nb::object& progress) {
    // Calibration data may be of any sizes, unless a target or an order needs these.
    const Shapes given = calibrate.is_none() || how.target.macs || permute ? shapes : Shapes();
    const auto data = data_for(*graph.network, given, calibrate);
    if (!calibrate.is_none()) how.calibration = &data;
    auto [plan, network] = watched(progress, [&, before = graph.network](const experiment::Watch& watch) {
        auto copy = std::make_shared<Graph>(*before);
        set_input_shapes(*copy, given);  // for counting: what is left is as open as it was
        PlanObject result;
        if (permute) result.order = experiment::permute(*copy, how);
        result.plan = experiment::cut(*copy, how,
                                      how.calibration == nullptr ? nullptr : &result.error.emplace(), watch);
        copy->inputs = before->inputs;
        copy->outputs = before->outputs;
        return std::pair(std::move(result), std::move(copy));
    });
    graph.network = std::move(network);
    return std::move(plan);
}

RemovalObject remove(GraphObject& graph, experiment::Cut how, const Shapes& shapes,
                     const std::optional<std::string>& latency, std::int64_t batch, int threads,
                     const std::string& repair_name, nb::handle calibrate, const nb::object& progress) {
    how.timing = {.batch = batch, .threads = threads};
    how.shapes = shapes;
    const auto target = experiment::removal_target(how, latency.value_or(""));
    const calibrate::Repair repairs = calibrate::repair_of(repair_name);
    experiment::check_removal(how, repairs, !calibrate.is_none());
    const auto data = data_for(*graph.network, {}, calibrate);
    if (!calibrate.is_none()) how.calibration = &data;
    auto [removal, network] = watched(progress, [&, before = graph.network](const experiment::Watch& watch) {
        auto copy = std::make_shared<Graph>(*before);
        if (!how.shapes.empty()) experiment::prepare_for_removal(*copy, {});
        const Graph dense = repairs == calibrate::Repair::none ? Graph() : *copy;
        RemovalObject result{target ? experiment::remove_to(*copy, how, *target, watch)
                                    : experiment::remove(*copy, how, watch)};
        if (repairs != calibrate::Repair::none) {
            // Ends at a safe point, as the removal does.
            result.repaired =
                experiment::repair_removed(dense, *copy, repairs, data, how.shapes, [&](double share) {
                    if (watch.is_stopped()) throw Interrupted("stopped");
                    if (watch.progress) watch.progress(share, "repair, layer by layer");
                });
        }
        return std::pair(std::move(result), std::move(copy));
    });
    graph.network = std::move(network);
    return std::move(removal);
}

}  // namespace

void bind_prune(nb::module_& module) {
    bind_prune_results(module);
    using experiment::Cut;
    nb::class_<Cut>(module, "Cut")
        .def(nb::init<>())
        .def_rw("granularity", &Cut::granularity)
        .def_rw("criterion", &Cut::criterion)
        .def_rw("unit_norm", &Cut::unit_norm)
        .def_rw("scope", &Cut::scope)
        .def_rw("layers", &Cut::layers)
        .def_rw("keep", &Cut::keep)
        .def_rw("include", &Cut::include)
        .def_rw("floor", &Cut::floor)
        .def_rw("seed", &Cut::seed)
        .def_rw("score_rounds", &Cut::score_rounds)
        .def_rw("reconstruct", &Cut::reconstruct)
        .def_rw("combine", &Cut::combine)
        .def(
            "set_round_to",
            [](Cut& self, const std::string& text) { self.round_to = experiment::parse_multiple(text); },
            nb::arg("text"))
        .def_rw("widths", &Cut::widths)
        .def(
            "set_target",
            [](Cut& self, std::optional<double> sparsity, std::optional<std::int64_t> weights,
               std::optional<double> macs) {
                self.target.sparsity = sparsity;
                self.target.weights = weights;
                self.target.macs = macs;
            },
            nb::kw_only(), nb::arg("sparsity").none(), nb::arg("weights").none(), nb::arg("macs").none())
        .def(
            "read_sensitivity",
            [](Cut& self, const std::filesystem::path& path) {
                self.sensitivity = prune::read_sensitivity(path);
            },
            nb::arg("path"));
    module.def("cut", &cut, nb::arg("graph"), nb::arg("how"), nb::kw_only(), nb::arg("shapes"),
               nb::arg("permute"), nb::arg("calibrate").none(), nb::arg("progress").none());
    module.def("remove", &remove, nb::arg("graph"), nb::arg("how"), nb::kw_only(), nb::arg("shapes"),
               nb::arg("latency").none(), nb::arg("batch"), nb::arg("threads"), nb::arg("repair"),
               nb::arg("calibrate").none(), nb::arg("progress").none());
}

}  // namespace espalier::python
