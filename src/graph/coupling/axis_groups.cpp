#include "graph/coupling/axis_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "espalier/error.h"
#include "graph/coupling/axis_walk.h"
#include "graph/op.h"

namespace espalier {
namespace {

Tensor without_slices(const Tensor& tensor, std::size_t axis, const std::vector<std::int64_t>& kept) {
    Shape shape = tensor.shape();
    const std::int64_t size = shape[axis];
    shape[axis] = std::ssize(kept);
    Tensor result(tensor.dtype(), shape);
    std::int64_t inner = static_cast<std::int64_t>(size_of(tensor.dtype()));
    for (std::size_t d = axis + 1; d < shape.size(); ++d) inner *= shape[d];
    const std::int64_t outer = tensor.count() == 0 ? 0 : std::ssize(tensor.bytes()) / (size * inner);
    auto to = result.bytes().begin();
    for (std::int64_t i = 0; i < outer; ++i) {
        for (const std::int64_t index : kept)
            to = std::copy_n(tensor.bytes().begin() + (i * size + index) * inner, inner, to);
    }
    return result;
}

}  // namespace

AxisGroups::AxisGroups(const Graph& graph) : AxisGroups(graph, prunable(graph)) {}

AxisGroups::AxisGroups(const Graph& graph, const std::vector<PrunableWeight>& weights)
    : walk_(std::make_unique<AxisWalk>(graph)) {
    using Axis = AxisWalk::Axis;
    AxisWalk& walk = *walk_;
    std::vector<Axis> seeds;
    for (const PrunableWeight& weight : weights) {
        if (weight.stored_axis) seeds.emplace_back(weight.name, *weight.stored_axis);
    }
    walk.follow_all(seeds);
    // Slices of each unit, of weights in their order.
    std::map<std::size_t, std::map<Axis, std::vector<std::int64_t>>> units;
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
            CoupledUnit unit{.slices = {}, .id = id};
            for (auto& [axis, indices] : units.at(id)) {
                kind.emplace_back(axis, indices.size());
                unit.slices.push_back({axis.first, axis.second, std::move(indices)});
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

Graph AxisGroups::without(const Graph& graph, const std::vector<std::size_t>& ids) const {
    std::set<std::size_t> gone;
    for (const std::size_t id : ids) gone.insert(walk_->things().find(id));
    Graph result = graph;
    std::size_t made = 0;
    for (Node& node : result.nodes) {
        const Operator& op = operator_of(node);
        if (op.shrink == nullptr) continue;
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
    for (const auto& [axis, first] : walk_->reached()) {
        const auto constant = result.initializers.find(axis.first);
        if (constant == result.initializers.end()) continue;
        const auto kept = walk_->kept(axis, gone);
        if (!kept.empty()) constant->second = without_slices(constant->second, axis.second, kept);
    }
    remove_unread_initializers(result);
    verify(result);
    return result;
}

}  // namespace espalier
