#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include <filesystem>

#include "arrays.h"
#include "base/text/numbers.h"
#include "bindings.h"
#include "espalier/error.h"
#include "espalier/mask.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "espalier/surgery.h"
#include "experiment/inspect/inspection.h"
#include "experiment/prune/outcome.h"
#include "graph_object.h"
#include "html.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

nb::tuple shape_tuple(const Dims& dims) {
    nb::list shape;
    for (const Dim& dim : dims) {
        if (dim.is_fixed()) {
            shape.append(dim.size());
        } else if (dim.is_symbol()) {
            shape.append(dim.symbol());
        } else {
            shape.append(nb::none());
        }
    }
    return nb::tuple(shape);
}

nb::dict masks_of(const Graph& graph) {
    nb::dict masks;
    for (const auto& [name, mask] : surgery::zeros_of(graph)) {
        Tensor values(DType::boolean, mask.shape());
        const std::span<bool> kept = values.as<bool>();
        for (std::int64_t i = 0; i < mask.count(); ++i) kept[static_cast<std::size_t>(i)] = mask[i];
        masks[name.c_str()] = to_numpy(std::move(values));
    }
    return masks;
}

/// Zeroes what is False. All masks are read before a weight changes.
void apply_masks(GraphObject& self, const nb::dict& masks) {
    prune::MaskSet set;
    for (const auto& [key, value] : masks) {
        const std::string name = name_of_key(key);
        const LentArray lent = lent_array(value, name);
        if (lent.view.dtype != DType::boolean) {
            throw InvalidArgument(fmt::format("mask \"{}\": got {}, expected booleans (True: kept)", name,
                                              name_of(lent.view.dtype)));
        }
        prune::Mask mask(lent.view.shape);
        const auto* kept = reinterpret_cast<const bool*>(lent.view.data);
        for (std::int64_t i = 0; i < mask.count(); ++i) mask.set(i, kept[i]);
        set.insert(name, std::move(mask));
    }
    Graph graph = *self.network;
    set.apply(graph.initializers);
    self.network = std::make_shared<const Graph>(std::move(graph));
}

experiment::Inspection inspect(const GraphObject& self, const std::map<std::string, Shape>& shapes) {
    const auto network = self.network;
    const nb::gil_scoped_release released;
    experiment::Inspection inspection = experiment::inspection_of(*network, shapes);
    inspection.notes = self.notes;
    return inspection;
}

GraphObject object_of(Graph graph, std::vector<std::string> notes = {}) {
    return {std::make_shared<const Graph>(std::move(graph)), std::move(notes)};
}

std::string html_of(const experiment::Inspection& inspection) {
    std::vector<std::vector<std::string>> rows;
    for (const surgery::LayerInfo& layer : inspection.layers) {
        if (!experiment::has_work(layer)) continue;
        rows.push_back(
            {layer.node, layer.op, to_string(layer.output), with_commas(layer.parameters),
             experiment::share_of(static_cast<double>(layer.nonzeros), static_cast<double>(layer.parameters)),
             experiment::pattern_of(layer), experiment::short_count(layer.macs)});
    }
    return html_table(inspection.graph.name,
                      {"layer", "operator", "output", "parameters", "not zero", "pattern", "MACs"}, rows);
}

}  // namespace

void bind_graph(nb::module_& module) {
    nb::class_<Value>(module, "Value", "An input or output of a network.")
        .def_ro("name", &Value::name)
        .def_prop_ro("dtype", [](const Value& value) { return std::string(name_of(value.type.dtype)); })
        .def_prop_ro(
            "shape", [](const Value& value) { return shape_tuple(value.type.dims); },
            nb::sig("def shape(self) -> tuple[int | str | None, ...]"),
            "Numbers; a name for a dimension that is open; None for one that is unknown.")
        .def("__repr__", [](const Value& value) {
            return fmt::format("{}: {} {}", value.name, name_of(value.type.dtype),
                               to_string(value.type.dims));
        });

    nb::class_<experiment::Inspection>(module, "Inspection",
                                       "What a network consists of. Notebooks show it as a table.")
        .def_ro("parameters", &experiment::Inspection::parameters)
        .def_ro("nonzeros", &experiment::Inspection::nonzeros)
        .def_ro("prunable", &experiment::Inspection::prunable, "Weights that may be pruned.")
        .def_ro("prunable_nonzeros", &experiment::Inspection::prunable_nonzeros)
        .def_prop_ro(
            "json", [](const experiment::Inspection& self) { return to_json(self).dump(); },
            "All of it, as `espalier inspect --json` prints it.")
        .def("__str__", [](const experiment::Inspection& self) { return to_text(self, 100, false); })
        .def("_repr_html_", [](const experiment::Inspection& self) { return html_of(self); });

    nb::class_<GraphObject>(module, "Graph", "A network: topology and weights, in ONNX semantics.")
        .def_prop_ro("name", [](const GraphObject& self) { return self.network->name; })
        .def_prop_ro("inputs", [](const GraphObject& self) { return self.network->inputs; })
        .def_prop_ro("outputs", [](const GraphObject& self) { return self.network->outputs; })
        .def_prop_ro("metadata", [](const GraphObject& self) { return self.network->metadata; })
        .def_ro("notes", &GraphObject::notes, "What the file says and does not hold.")
        .def(
            "copy", [](const GraphObject& self) { return self; },
            "The same network, which changes by itself from here on.")
        .def(
            "save",
            [](const GraphObject& self, const std::filesystem::path& path, bool simplify) {
                const auto network = self.network;
                const nb::gil_scoped_release released;
                return simplify ? experiment::write_to_run(*network, path).bytes
                                : onnx::write(path, *network);
            },
            nb::arg("path"), nb::kw_only(), nb::arg("simplify") = true,
            "Writes ONNX (NAME.onnx, or compressed NAME.onnx.zst) and gives the number of bytes. With "
            "`simplify`, nodes "
            "that a run does not need are left out, as `espalier prune` does.")
        .def(
            "weights",
            [](const GraphObject& self) {
                nb::dict weights;
                for (const auto& [name, tensor] : self.network->initializers) {
                    if (tensor.dtype() != DType::bf16) weights[name.c_str()] = to_numpy(Tensor(tensor));
                }
                return weights;
            },
            nb::sig("def weights(self) -> dict[str, numpy.ndarray]"),
            "Copies of all constant tensors by name, but those of bfloat16, which NumPy does not have.")
        .def_prop_ro(
            "masks", [](const GraphObject& self) { return masks_of(*self.network); },
            nb::sig("def masks(self) -> dict[str, numpy.ndarray]"),
            "For each weight that may be pruned, booleans: True where it is not zero.")
        .def(
            "apply_masks", [](GraphObject& self, const nb::dict& masks) { apply_masks(self, masks); },
            nb::arg("masks"), nb::sig("def apply_masks(self, masks: dict[str, typing.Any]) -> None"),
            "Sets weights to zero where a mask is False.")
        .def("inspect", &inspect, nb::arg("shapes") = std::map<std::string, Shape>(),
             "Layers, parameters, multiply-adds and how zeros lie. `shapes` gives sizes to open dimensions "
             "of inputs.")
        .def("__str__", [](const GraphObject& self) { return to_text(inspect(self, {}), 100, false); })
        .def("__repr__",
             [](const GraphObject& self) {
                 return fmt::format("<espalier.Graph \"{}\", {} nodes>", self.network->name,
                                    self.network->nodes.size());
             })
        .def("_repr_html_", [](const GraphObject& self) { return html_of(inspect(self, {})); });

    module.def(
        "load",
        [](const std::filesystem::path& path) {
            std::vector<std::string> notes;
            Graph graph = onnx::read(path, &notes);
            return object_of(std::move(graph), std::move(notes));
        },
        nb::arg("path"), nb::call_guard<nb::gil_scoped_release>(),
        "Reads an ONNX file (also NAME.onnx.zst).");
    module.def(
        "loads",
        [](const nb::bytes& data) {
            std::vector<std::string> notes;
            Graph graph = onnx::from_bytes({static_cast<const std::byte*>(data.data()), data.size()}, &notes);
            return object_of(std::move(graph), std::move(notes));
        },
        nb::arg("data"), "Reads an ONNX file in memory.");
    module.def(
        "model",
        [](const std::string& name, const Shape& example_shape, std::int64_t classes, std::uint64_t seed) {
            return object_of(
                models::build(name, {.example_shape = example_shape, .classes = classes, .seed = seed}));
        },
        nb::arg("name"), nb::kw_only(), nb::arg("example_shape") = Shape{1, 28, 28}, nb::arg("classes") = 10,
        nb::arg("seed") = 1, nb::call_guard<nb::gil_scoped_release>(),
        "A built-in network with fresh weights (`espalier list models`).");
}

}  // namespace espalier::python
