#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "bindings.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/arguments.h"
#include "graph_object.h"
#include "watched.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

/// What espalier.prune() was asked for, beside the removal's targets.
experiment::Cut cut_of(const std::optional<double>& sparsity, const std::optional<std::int64_t>& weights,
                       const std::optional<double>& macs, const std::string& granularity,
                       const std::string& criterion, const std::string& scope, const std::string& unit_norm,
                       const std::map<std::string, double>& layers, const std::vector<std::string>& keep,
                       const std::vector<std::string>& include, std::int64_t floor, std::uint64_t seed) {
    experiment::Cut cut{
        .granularity = granularity, .criterion = criterion, .unit_norm = unit_norm, .scope = scope};
    cut.target.sparsity = sparsity;
    cut.target.weights = weights;
    cut.target.macs = macs;
    cut.layers = layers;
    cut.keep = keep;
    cut.include = include;
    cut.floor = floor;
    cut.seed = seed;
    return cut;
}

prune::Plan cut(GraphObject& graph, const experiment::Cut& how) {
    auto copy = std::make_shared<Graph>();
    prune::Plan plan;
    {
        const auto network = graph.network;
        const nb::gil_scoped_release released;
        *copy = *network;
        plan = experiment::cut(*copy, how);
    }
    graph.network = std::move(copy);
    return plan;
}

experiment::Removal remove(GraphObject& graph, const experiment::Cut& how,
                           const std::optional<experiment::RemovalTarget>& target,
                           const nb::object& progress) {
    auto [removal, network] = watched(progress, [&, before = graph.network](const experiment::Watch& watch) {
        auto copy = std::make_shared<Graph>(*before);
        experiment::Removal done =
            target ? experiment::remove_to(*copy, how, *target, watch) : experiment::remove(*copy, how);
        return std::pair(std::move(done), std::move(copy));
    });
    graph.network = std::move(network);
    return std::move(removal);
}

}  // namespace

void bind_prune(nb::module_& module) {
    nb::class_<prune::LayerPlan>(module, "LayerPlan", "What became of one weight.")
        .def_ro("name", &prune::LayerPlan::name)
        .def_ro("count", &prune::LayerPlan::count)
        .def_ro("kept", &prune::LayerPlan::kept)
        .def_ro("units", &prune::LayerPlan::units)
        .def_ro("units_kept", &prune::LayerPlan::units_kept)
        .def("__repr__", [](const prune::LayerPlan& self) {
            return fmt::format("<{}: {} of {} weights left>", self.name, self.kept, self.count);
        });
    nb::class_<prune::Plan>(module, "Plan", "What a cut came to.")
        .def_ro("layers", &prune::Plan::layers)
        .def_ro("notes", &prune::Plan::notes, "Layers that hit their floor, and the like.")
        .def_prop_ro("count", [](const prune::Plan& self) { return self.masks.count(); })
        .def_prop_ro("kept", [](const prune::Plan& self) { return self.masks.kept(); })
        .def("__repr__", [](const prune::Plan& self) {
            return fmt::format("<espalier.Plan: {} of {} weights left>", self.masks.kept(),
                               self.masks.count());
        });
    nb::class_<experiment::Removal::Group>(module, "Group", "Units of one kind that can go by themselves.")
        .def_ro("name", &experiment::Removal::Group::name)
        .def_ro("units", &experiment::Removal::Group::units)
        .def_ro("left", &experiment::Removal::Group::left)
        .def_ro("refused", &experiment::Removal::Group::refused, "Why none can go; \"\" where some can.");
    nb::class_<experiment::Removal>(module, "Removal", "What went of a network, for good.")
        .def_ro("groups", &experiment::Removal::groups)
        .def_ro("notes", &experiment::Removal::notes)
        .def_ro(
            "difference", &experiment::Removal::difference,
            "Of the outputs on random inputs from those of the network with zeros instead, over the largest.")
        .def_ro("goal", &experiment::Removal::goal)
        .def_ro("reached", &experiment::Removal::reached)
        .def("__repr__", [](const experiment::Removal& self) {
            std::int64_t units = 0, left = 0;
            for (const auto& group : self.groups) units += group.units, left += group.left;
            return fmt::format("<espalier.Removal: {} of {} units left>", left, units);
        });
    nb::class_<experiment::Cut>(module, "Cut")
        .def(
            "__init__",
            [](experiment::Cut* self, const std::optional<double>& sparsity,
               const std::optional<std::int64_t>& weights, const std::optional<double>& macs,
               const std::string& granularity, const std::string& criterion, const std::string& scope,
               const std::string& unit_norm, const std::map<std::string, double>& layers,
               const std::vector<std::string>& keep, const std::vector<std::string>& include,
               std::int64_t floor, std::uint64_t seed) {
                new (self) experiment::Cut(cut_of(sparsity, weights, macs, granularity, criterion, scope,
                                                  unit_norm, layers, keep, include, floor, seed));
            },
            nb::kw_only(), nb::arg("sparsity").none(), nb::arg("weights").none(), nb::arg("macs").none(),
            nb::arg("granularity"), nb::arg("criterion"), nb::arg("scope"), nb::arg("unit_norm"),
            nb::arg("layers"), nb::arg("keep"), nb::arg("include"), nb::arg("floor"), nb::arg("seed"));
    module.def("cut", &cut, nb::arg("graph"), nb::arg("how"));
    module.def(
        "remove",
        [](GraphObject& graph, const experiment::Cut& how, const nb::object& progress) {
            return remove(graph, how, std::nullopt, progress);
        },
        nb::arg("graph"), nb::arg("how"), nb::arg("progress").none());
    module.def(
        "remove_to",
        [](GraphObject& graph, const experiment::Cut& how, const std::optional<double>& macs,
           const std::optional<std::string>& latency, std::int64_t batch, int threads,
           const nb::object& progress) {
            experiment::RemovalTarget target{.macs = macs, .batch = batch, .threads = threads};
            if (latency) experiment::read_latency(*latency, target);
            return remove(graph, how, target, progress);
        },
        nb::arg("graph"), nb::arg("how"), nb::kw_only(), nb::arg("macs").none(), nb::arg("latency").none(),
        nb::arg("batch"), nb::arg("threads"), nb::arg("progress").none());
}

}  // namespace espalier::python
