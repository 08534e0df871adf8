#include "graph/coupling/axis_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "espalier/error.h"
#include "graph/coupling/axis_walk.h"
#include "graph/op.h"
#include "graph/walk.h"

namespace espalier {
namespace {

WeightSlice slice_of(const Shape& shape, const AxisWalk::Axis& axis, std::vector<std::int64_t> indices) {
    return {.weight = axis.first,
            .axis = axis.second,
            .indices = std::move(indices),
            .size = shape[axis.second],
            .outer = product_of(shape, 0, axis.second),
            .inner = product_of(shape, axis.second + 1, shape.size())};
}

/// Of every thing, a number that tells how many indices of which axes of all values it is: a channel of which
/// half goes through a Relu and one that goes around it have different ones.
std::map<std::size_t, std::size_t> paths_of(AxisWalk& walk) {
    std::map<std::size_t, std::vector<std::pair<std::size_t, std::size_t>>> passed;  // axes by number
    std::size_t number = 0;
    for (const auto& [axis, first] : walk.reached()) {
        for (std::size_t i = 0; i < walk.size(axis); ++i) {
            auto& axes = passed[walk.things().find(first + i)];
            if (axes.empty() || axes.back().first != number) axes.emplace_back(number, 0);
            ++axes.back().second;
        }
        ++number;
    }
    std::map<std::vector<std::pair<std::size_t, std::size_t>>, std::size_t> numbers;
    std::map<std::size_t, std::size_t> paths;
    for (auto& [thing, axes] : passed)
        paths.emplace(thing, numbers.emplace(std::move(axes), numbers.size()).first->second);
    return paths;
}

}  // namespace

std::vector<PrunableWeight> group_sources(const Graph& graph) {
    std::vector<std::string> asked = weights_by_name(graph);
    const auto untouched = untrained_weights(graph);
    std::erase_if(asked, [&](const std::string& name) { return untouched.contains(name); });
    std::vector<PrunableWeight> weights = prunable(graph, asked);
    std::stable_partition(weights.begin(), weights.end(), [&](const PrunableWeight& weight) {
        return std::ranges::find(asked, weight.name) == asked.end();
    });
    return weights;
}

AxisGroups::AxisGroups(const Graph& graph, OverRest over_rest)
    : AxisGroups(graph, prunable(graph), over_rest) {}

AxisGroups::AxisGroups(const Graph& graph, const std::vector<PrunableWeight>& weights, OverRest over_rest)
    : walk_(std::make_unique<AxisWalk>(graph, over_rest == OverRest::followed)) {
    using Axis = AxisWalk::Axis;
    AxisWalk& walk = *walk_;
    std::vector<Axis> seeds;
    for (const PrunableWeight& weight : weights) {
        if (weight.stored_axis) seeds.emplace_back(weight.name, *weight.stored_axis);
    }
    for (const Axis& axis : walk.unit_axes()) seeds.push_back(axis);
    walk.follow_all(seeds);
    // Slices of each unit, of weights in their order.
    std::map<std::size_t, std::map<Axis, std::vector<std::int64_t>>> units;
    const std::map<std::size_t, std::size_t> paths = paths_of(walk);
    for (const auto& [axis, first] : walk.reached()) {
        if (!graph.initializers.contains(axis.first)) continue;
        for (std::size_t i = 0; i < walk.size(axis); ++i)
            units[walk.things().find(first + i)][axis].push_back(static_cast<std::int64_t>(i));
    }
    std::map<std::vector<std::pair<Axis, std::size_t>>, std::size_t> by_kind;
    std::set<std::size_t> seen;
    for (const Axis& seed : seeds) {
        for (std::size_t i = 0; i < walk.size(seed); ++i) {
            const std::size_t id = walk.things().find(walk.reached().at(seed) + i);
            if (!seen.insert(id).second) continue;
            std::vector<std::pair<Axis, std::size_t>> kind;
            CoupledUnit unit{.slices = {}, .id = id, .path = paths.at(id)};
            for (auto& [axis, indices] : units.at(id)) {
                kind.emplace_back(axis, indices.size());
                unit.slices.push_back(slice_of(walk.shape(axis.first), axis, std::move(indices)));
            }
            const auto [group, is_new] = by_kind.emplace(std::move(kind), groups_.size());
            if (is_new) {
                const auto same = std::ranges::count_if(groups_, [&](const CoupledGroup& other) {
                    return other.name == seed.first || other.name.starts_with(seed.first + " (");
                });
                const std::string name =
                    same == 0 ? seed.first : fmt::format("{} ({})", seed.first, same + 1);
                groups_.push_back({.name = name, .units = {}, .refused = walk.things().refusal(id)});
            }
            groups_[group->second].units.push_back(std::move(unit));
        }
    }
}

AxisGroups::~AxisGroups() = default;
AxisGroups::AxisGroups(AxisGroups&&) noexcept = default;
AxisGroups& AxisGroups::operator=(AxisGroups&&) noexcept = default;

std::set<std::size_t> AxisGroups::things_of(const std::vector<std::size_t>& ids) const {
    std::set<std::size_t> gone;
    for (const std::size_t id : ids) gone.insert(walk_->things().find(id));
    return gone;
}

Narrowing AxisGroups::narrowing_of(const Graph& graph, const std::set<std::size_t>& gone) const {
    Narrowing narrowing;
    for (const auto& [axis, first] : walk_->reached()) {
        if (!graph.initializers.contains(axis.first)) continue;
        auto kept = walk_->kept(axis, gone);
        if (!kept.empty())
            narrowing.add(axis.first, {.axis = axis.second,
                                       .kept = std::move(kept),
                                       .size = static_cast<std::int64_t>(walk_->size(axis))});
    }
    return narrowing;
}

std::vector<RestNode> AxisGroups::over_rest(const std::vector<std::size_t>& ids) const {
    const std::set<std::size_t> gone = things_of(ids);
    std::vector<RestNode> nodes;
    for (const AxisWalk::Rest& rest : walk_->over_rest()) {
        auto kept = walk_->kept({rest.value, rest.axis.axis}, gone);
        if (kept.empty()) continue;
        nodes.push_back({.output = rest.output,
                         .axis = rest.axis,
                         .kept = std::move(kept),
                         .write = rest.write,
                         .shape = walk_->shape(rest.value)});
    }
    return nodes;
}

Narrowing AxisGroups::narrowing(const Graph& graph, const std::vector<std::size_t>& ids) const {
    return narrowing_of(graph, things_of(ids));
}

Graph AxisGroups::without(const Graph& graph, const std::vector<std::size_t>& ids) const {
    const std::set<std::size_t> gone = things_of(ids);
    Graph result = graph;
    std::size_t made = 0;
    const auto loses = [&](const std::string& value) {
        const auto& reached = walk_->reached();
        for (auto axis = reached.lower_bound({value, 0}); axis != reached.end(); ++axis) {
            if (axis->first.first != value) break;
            if (!walk_->kept(axis->first, gone).empty()) return true;
        }
        return false;
    };
    for (Node& node : result.nodes) {
        const Operator& op = operator_of(node);
        if (op.shrink == nullptr) continue;
        // What keeps all may be of sizes that nobody knows.
        if (std::ranges::none_of(node.inputs, loses) && std::ranges::none_of(node.outputs, loses)) continue;
        const auto kept = [&](const OperandAxis& axis) {
            const auto& names = axis.is_output ? node.outputs : node.inputs;
            if (axis.operand >= names.size()) return std::vector<std::int64_t>();
            return walk_->kept({names[axis.operand], axis.axis}, gone);
        };
        const auto shape = [&](const OperandAxis& axis) -> const Shape& {
            return walk_->shape((axis.is_output ? node.outputs : node.inputs)[axis.operand]);
        };
        const auto set = [&](std::size_t index, const std::vector<std::int64_t>& values) {
            node.inputs.resize(std::max(node.inputs.size(), index + 1));
            const auto old = graph.initializers.find(node.inputs[index]);
            const bool is_new = old == graph.initializers.end();
            const bool narrow = !is_new && old->second.dtype() == DType::i32;
            const Shape shape = !is_new && old->second.rank() == 0 ? Shape{} : Shape{std::ssize(values)};
            std::string name;
            do name = fmt::format("{}.left{}", is_new ? node.name : node.inputs[index], made++);
            while (result.initializers.contains(name));
            node.inputs[index] = name;
            result.initializers.emplace(
                name, narrow ? Tensor::of<std::int32_t>(
                                   shape, std::vector<std::int32_t>(values.begin(), values.end()))
                             : Tensor::of<std::int64_t>(shape, values));
        };
        Shrinking shrinking(node, graph.initializers, kept, shape, set);
        op.shrink(shrinking);
    }
    const Narrowing narrowing = narrowing_of(graph, gone);
    for (const auto& [name, cuts] : narrowing.cuts()) {
        Tensor& tensor = result.initializers.at(name);
        tensor = narrowing.narrow(name, std::move(tensor));
    }
    remove_unread_initializers(result);
    verify(result);
    return result;
}

}  // namespace espalier
