#include "prune_results.h"

#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

std::string text_of(const PlanObject& self) {
    const prune::MaskSet& masks = self.plan.masks;
    std::string text = fmt::format("<espalier.Plan: {} of {} weights left", masks.kept(), masks.count());
    if (self.error) text += fmt::format(", outputs differ by {:.2f} %", 100 * self.error->outputs);
    return text + ">";
}

std::map<std::string, double> layer_errors(const PlanObject& self) {
    std::map<std::string, double> errors;
    if (!self.error) return errors;
    for (const auto& layer : self.error->layers) errors[layer.weight] = layer.error;
    return errors;
}

std::string text_of(const RemovalObject& self) {
    std::int64_t units = 0, left = 0;
    for (const auto& group : self.removal.groups) units += group.units, left += group.left;
    std::string text = fmt::format("<espalier.Removal: {} of {} units left", left, units);
    if (self.repaired)
        text += fmt::format(", outputs differ by {:.2f} %, {:.2f} % without repair",
                            100 * self.repaired->after, 100 * self.repaired->before);
    return text + ">";
}

std::vector<std::string> notes_of(const RemovalObject& self) {
    std::vector<std::string> notes = self.removal.notes;
    if (self.repaired) notes.insert(notes.end(), self.repaired->notes.begin(), self.repaired->notes.end());
    return notes;
}

}  // namespace

void bind_prune_results(nb::module_& module) {
    using prune::LayerPlan;
    nb::class_<LayerPlan>(module, "LayerPlan", "What became of one weight.")
        .def_ro("name", &LayerPlan::name)
        .def_ro("count", &LayerPlan::count)
        .def_ro("kept", &LayerPlan::kept)
        .def_ro("units", &LayerPlan::units)
        .def_ro("units_kept", &LayerPlan::units_kept)
        .def("__repr__", [](const LayerPlan& self) {
            return fmt::format("<{}: {} of {} weights left>", self.name, self.kept, self.count);
        });
    nb::class_<PlanObject>(module, "Plan", "What a cut came to.")
        .def_prop_ro("layers", [](const PlanObject& self) { return self.plan.layers; })
        .def_prop_ro(
            "notes", [](const PlanObject& self) { return self.plan.notes; },
            "Layers that hit their floor, and the like.")
        .def_prop_ro("count", [](const PlanObject& self) { return self.plan.masks.count(); })
        .def_prop_ro("kept", [](const PlanObject& self) { return self.plan.masks.kept(); })
        .def_prop_ro(
            "layer_errors", &layer_errors,
            "With calibration data: |(W - W0) X| / |W0 X| of each weight's layer, NaN where it is not "
            "known.")
        .def_prop_ro(
            "output_error",
            [](const PlanObject& self) {
                return self.error ? std::optional(self.error->outputs) : std::nullopt;
            },
            "With calibration data: |y - y0| / |y0| of the network's outputs over them.")
        .def_prop_ro(
            "magnitude_kept",
            [](const PlanObject& self) {
                using Shares = std::pair<double, double>;
                return self.order ? std::optional(Shares(self.order->kept_before, self.order->kept_after))
                                  : std::nullopt;
            },
            "With `permute`: the share of the weights' magnitude that the cut keeps as they lay, and "
            "reordered.")
        .def("__repr__", [](const PlanObject& self) { return text_of(self); });
    using Group = experiment::Removal::Group;
    nb::class_<Group>(module, "Group", "Units of one kind that can go by themselves.")
        .def_ro("name", &Group::name)
        .def_ro("units", &Group::units)
        .def_ro("left", &Group::left)
        .def_ro("refused", &Group::refused, "Why none can go; \"\" where some can.");
    nb::class_<RemovalObject>(module, "Removal", "What went of a network, for good.")
        .def_prop_ro("groups", [](const RemovalObject& self) { return self.removal.groups; })
        .def_prop_ro("notes", &notes_of)
        .def_prop_ro(
            "difference", [](const RemovalObject& self) { return self.removal.difference; },
            "Of the outputs on random inputs from those of the network with zeros instead, over the largest.")
        .def_prop_ro("goal", [](const RemovalObject& self) { return self.removal.goal; })
        .def_prop_ro("reached", [](const RemovalObject& self) { return self.removal.reached; })
        .def_prop_ro(
            "repaired",
            [](const RemovalObject& self) {
                return self.repaired ? self.repaired->weights : std::vector<std::string>();
            },
            "Weights that were repaired.")
        .def_prop_ro(
            "output_error",
            [](const RemovalObject& self) {
                return self.repaired ? std::optional(self.repaired->after) : std::nullopt;
            },
            "Of a repair: |y - y0| / |y0| of the network's outputs over the calibration data.")
        .def_prop_ro(
            "output_error_unrepaired",
            [](const RemovalObject& self) {
                return self.repaired ? std::optional(self.repaired->before) : std::nullopt;
            },
            "The same without the repair.")
        .def("__repr__", [](const RemovalObject& self) { return text_of(self); });
}

}  // namespace espalier::python
