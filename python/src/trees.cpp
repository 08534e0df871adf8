// espalier.prune() of decision trees.
#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>

#include "arrays.h"
#include "bindings.h"
#include "espalier/error.h"
#include "experiment/trees/prune_trees.h"
#include "graph_object.h"
#include "trees/method.h"
#include "watched.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

using experiment::PrunedTreeFile;
using experiment::PrunedTrees;

PrunedTreeFile prune(GraphObject& graph, const experiment::TreeCut& how, const nb::dict& data,
                     const nb::object& progress) {
    const NamedTensors arrays = copies_of(data);
    auto [pruned, network] = watched(progress, [&, before = graph.network](const experiment::Watch& watch) {
        auto copy = std::make_shared<Graph>(*before);
        PrunedTreeFile done = experiment::prune_trees(*copy, how, arrays, watch);
        return std::pair(std::move(done), std::move(copy));
    });
    graph.network = std::move(network);
    return std::move(pruned);
}

std::optional<double> mean_of(const std::optional<trees::Loss>& loss) {
    return loss ? std::optional(loss->mean) : std::nullopt;
}

}  // namespace

void bind_trees(nb::module_& module) {
    using Counts = experiment::TreeCounts;
    nb::class_<Counts>(module, "TreeCounts")
        .def_ro("trees", &Counts::trees)
        .def_ro("nodes", &Counts::nodes)
        .def_ro("leaves", &Counts::leaves)
        .def("__repr__", [](const Counts& self) {
            return fmt::format("<{} trees, {} nodes, {} leaves>", self.trees, self.nodes, self.leaves);
        });
    nb::class_<PrunedTrees>(module, "PrunedTrees", "What became of the trees of one node.")
        .def_ro("node", &PrunedTrees::node)
        .def_ro("before", &PrunedTrees::before)
        .def_ro("after", &PrunedTrees::after)
        .def_ro("amount", &PrunedTrees::amount, "How much was asked for, or chosen.")
        .def_prop_ro(
            "test_before", [](const PrunedTrees& self) { return mean_of(self.test_before); },
            "Share of wrong classes, or mean squared error, on x_test; None without.")
        .def_prop_ro("test_after", [](const PrunedTrees& self) { return mean_of(self.test_after); });
    nb::class_<PrunedTreeFile>(module, "TreePruning", "What became of a network's trees.")
        .def_ro("nodes", &PrunedTreeFile::nodes)
        .def_ro("notes", &PrunedTreeFile::notes)
        .def("_repr_html_", [](const PrunedTreeFile& self) { return experiment::to_html(self); })
        .def("__repr__", [](const PrunedTreeFile& self) {
            std::int64_t before = 0, after = 0;
            for (const PrunedTrees& node : self.nodes) before += node.before.nodes, after += node.after.nodes;
            return fmt::format("<espalier.TreePruning: {} of {} nodes left>", after, before);
        });
    module.def("is_tree_criterion", [](const std::string& name) {
        return name == "lossless" || trees::methods().find(name) != nullptr;
    });
    module.def(
        "prune_trees",
        [](GraphObject& graph, const nb::dict& data, const std::string& criterion,
           const std::optional<double>& amount, int folds, const std::string& impurity, double refit,
           std::uint64_t seed, const nb::object& progress) {
            return prune(graph,
                         {.criterion = criterion,
                          .amount = amount,
                          .folds = folds,
                          .impurity = impurity,
                          .refit = refit,
                          .seed = seed},
                         data, progress);
        },
        nb::arg("graph"), nb::arg("data"), nb::arg("criterion"), nb::arg("amount").none(), nb::arg("folds"),
        nb::arg("impurity"), nb::arg("refit"), nb::arg("seed"), nb::arg("progress").none(),
        nb::sig(
            "def prune_trees(graph: Graph, data: dict[str, typing.Any], criterion: str, amount: float | "
            "None, "
            "folds: int, impurity: str, refit: float, seed: int, progress: object | None) -> TreePruning"));
}

}  // namespace espalier::python
