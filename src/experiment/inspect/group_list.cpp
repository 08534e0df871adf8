#include "experiment/inspect/group_list.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "espalier/onnx.h"
#include "experiment/inspect/work.h"
#include "experiment/prune/stored_weights.h"
#include "experiment/removal/for_removal.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::experiment {
namespace {

std::int64_t parameters_of(const CoupledUnit& unit) {
    std::int64_t count = 0;
    for (const WeightSlice& slice : unit.slices) count += slice.count();
    return count;
}

/// Parameters of all slices of units that can go, each counted once: what is left of a tensor when all of
/// them are gone is a box of the indices that no slice has.
std::int64_t removable_parameters(const AxisGroups& groups, const Weights& tensors) {
    std::map<std::string, std::map<std::size_t, std::set<std::int64_t>>> gone;  // by axis
    for (const CoupledGroup& group : groups.groups()) {
        if (!group.refused.empty()) continue;
        for (const CoupledUnit& unit : group.units) {
            for (const WeightSlice& slice : unit.slices)
                gone[slice.weight][slice.axis].insert(slice.indices.begin(), slice.indices.end());
        }
    }
    std::int64_t count = 0;
    for (const auto& [name, axes] : gone) {
        const Shape& shape = tensors.at(name).shape();
        std::int64_t left = 1;
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            left *= shape[axis] - (axes.contains(axis) ? std::ssize(axes.at(axis)) : 0);
        count += tensors.at(name).count() - left;
    }
    return count;
}

}  // namespace

GroupList groups_of(const std::filesystem::path& model, const std::map<std::string, Shape>& shapes) {
    Graph graph = onnx::read(model);
    prepare_for_removal(graph, {});
    if (!shapes.empty()) set_sizes(graph, shapes);
    GroupList list;
    for (const auto& constant : graph.initializers) list.parameters += constant.second.count();
    const AxisGroups groups(graph, group_sources(is_real(graph) ? graph : as_real(graph)),
                            OverRest::followed);
    list.removable = removable_parameters(groups, graph.initializers);
    for (const CoupledGroup& group : groups.groups()) {
        list.groups.push_back(
            {group.name, std::ssize(group.units), parameters_of(group.units.front()), group.refused});
    }
    return list;
}

std::string to_text(const GroupList& list, std::size_t width) {
    using enum TextTable::Align;
    TextTable table({{.heading = "what goes together, by its first weight", .least = 16},
                     {"units", right},
                     {"parameters each", right},
                     {"of all", right},
                     {.heading = "why it cannot go", .least = 20}});
    for (const GroupList::Entry& group : list.groups) {
        const auto all = static_cast<double>(group.units * group.parameters);
        table.add({group.name, with_commas(group.units), with_commas(group.parameters),
                   share_of(all, static_cast<double>(list.parameters)), group.refused});
    }
    return table.text(width) +
           fmt::format("{} of {} parameters are in groups that can go ({}). ", with_commas(list.removable),
                       with_commas(list.parameters),
                       share_of(static_cast<double>(list.removable), static_cast<double>(list.parameters))) +
           (list.removable == 0 ? "\n"
                                : "A parameter between two groups counts in both. Take them out: espalier "
                                  "prune MODEL --remove --sparsity SHARE\n");
}

nlohmann::ordered_json to_json(const GroupList& list) {
    nlohmann::ordered_json groups = nlohmann::ordered_json::array();
    for (const GroupList::Entry& group : list.groups) {
        groups.push_back({{"name", group.name},
                          {"units", group.units},
                          {"parameters", group.parameters},
                          {"refused", group.refused}});
    }
    return {{"parameters", list.parameters}, {"removable", list.removable}, {"groups", std::move(groups)}};
}

}  // namespace espalier::experiment
