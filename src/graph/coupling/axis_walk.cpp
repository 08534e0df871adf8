#include "graph/coupling/axis_walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "graph/analysis/inference.h"
#include "graph/analysis/input_shapes.h"
#include "graph/op.h"

namespace espalier {
namespace {

/// Of all values whose sizes the inputs' tell, open batches taken as 1.
std::map<std::string, Shape> shapes_of(const Graph& graph) {
    const std::set<std::string> batch = batch_symbols(graph);
    Inference inference(graph.initializers);
    for (const auto& [name, tensor] : graph.initializers)
        inference.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    for (const Value& input : graph.inputs) {
        ValueType type = input.type;
        for (std::size_t d = 0; d < type.dims.size(); ++d) {
            Dim& dim = type.dims[d];
            if (!dim.is_fixed() && (d == 0 || (dim.is_symbol() && batch.contains(dim.symbol())))) dim = 1;
        }
        inference.define(input.name, std::move(type));
    }
    for (const Node& node : graph.nodes) inference.infer(node);
    std::map<std::string, Shape> shapes;
    for (const auto& [name, type] : inference.types()) {
        Shape shape;
        for (const Dim& dim : type.dims) {
            if (!dim.is_fixed()) break;
            shape.push_back(dim.size());
        }
        if (type.is_ranked && shape.size() == type.dims.size()) shapes.emplace(name, std::move(shape));
    }
    return shapes;
}

}  // namespace

AxisWalk::AxisWalk(const Graph& graph, bool follows_over_rest)
    : graph_(graph), follows_over_rest_(follows_over_rest), shapes_(shapes_of(graph)), readers_(graph) {}

void AxisWalk::visit(const Axis& axis) {
    if (first_.contains(axis)) return;
    first_.emplace(axis, things_.add(size(axis)));
    open_.push_back(axis);
}

void AxisWalk::refuse(const Axis& axis, const std::string& why) {
    for (std::size_t i = 0; i < size(axis); ++i) things_.refuse(first_.at(axis) + i, why);
}

AxisWalk::CoupledNode& AxisWalk::coupled(const Node& node) {
    const auto known = nodes_.find(&node);
    if (known != nodes_.end()) return known->second;
    CoupledNode& made = nodes_[&node];
    made.node = &node;
    const auto shape_of = [&](const std::string& value) -> std::optional<Shape> {
        if (value.empty()) return {};
        const auto found = shapes_.find(value);
        if (found == shapes_.end()) made.sized = false;
        return found == shapes_.end() ? std::optional<Shape>() : found->second;
    };
    for (const std::string& input : node.inputs) made.inputs.push_back(shape_of(input));
    for (const std::string& output : node.outputs) made.outputs.push_back(shape_of(output));
    const Operator& op = operator_of(node);
    if (!made.sized) return made;
    std::vector<const Tensor*> constants;
    for (const std::string& input : node.inputs) {
        const auto constant = graph_.initializers.find(input);
        constants.push_back(constant == graph_.initializers.end() ? nullptr : &constant->second);
    }
    if (op.couple != nullptr) {
        Coupling coupling(node, made.inputs, made.outputs, constants);
        op.couple(coupling);
        made.relations = coupling.relations();
        made.units = coupling.unit_axes();
    }
    if (op.moves > 0) {
        // A file of a few hundred bytes may hold values of gigabytes; an image of 64 channels has 3 million
        // elements.
        constexpr std::int64_t kMostElements = std::int64_t{1} << 24;
        const auto is_large = [](const auto& shape) {
            return shape && element_count(*shape) > kMostElements;
        };
        made.too_large =
            std::ranges::any_of(made.inputs, is_large) || std::ranges::any_of(made.outputs, is_large);
        if (!made.too_large) made.movements = movements_of(node, made.inputs, constants, op.moves);
    }
    return made;
}

AxisWalk::Axis AxisWalk::axis_of(const Node& node, const OperandAxis& axis) {
    return {(axis.is_output ? node.outputs : node.inputs)[axis.operand], axis.axis};
}

bool AxisWalk::follow_through(CoupledNode& coupled, const OperandAxis& from) {
    const bool related = follow_relations(coupled, from);
    return follow_movements(coupled, from) || related;
}

bool AxisWalk::follow_relations(const CoupledNode& coupled, const OperandAxis& from) {
    bool known = false;
    const Axis source = axis_of(*coupled.node, from);
    for (const AxisRelation& relation : coupled.relations) {
        const auto mine = std::ranges::find(relation.members, from, &AxisRelation::Member::axis);
        if (mine == relation.members.end() || (relation.over_rest != nullptr && !follows_over_rest_))
            continue;
        known = true;
        if (relation.over_rest != nullptr) note_over_rest(*coupled.node, relation);
        std::map<std::int64_t, std::int64_t> one;  // an index of each thing
        for (std::size_t i = 0; i < mine->things.size(); ++i) {
            const auto index = static_cast<std::int64_t>(i);
            const auto [other, first_one] = one.emplace(mine->things[i], index);
            if (!first_one) things_.join(thing(source, other->second), thing(source, index));
        }
        for (const AxisRelation::Member& member : relation.members) {
            if (member.axis == from) continue;
            const Axis target = axis_of(*coupled.node, member.axis);
            visit(target);
            for (std::size_t i = 0; i < member.things.size(); ++i) {
                const auto match = one.find(member.things[i]);
                if (match != one.end())
                    things_.join(thing(source, match->second), thing(target, static_cast<std::int64_t>(i)));
            }
        }
    }
    return known;
}

void AxisWalk::note_over_rest(const Node& node, const AxisRelation& relation) {
    const OperandAxis& axis = relation.members.front().axis;
    const Rest rest{.output = node.outputs.front(),
                    .value = node.inputs[axis.operand],
                    .axis = axis,
                    .write = relation.over_rest};
    const auto is_same = [&](const Rest& other) {
        return other.output == rest.output && other.axis == rest.axis;
    };
    if (std::ranges::none_of(over_rest_, is_same)) over_rest_.push_back(rest);
}

std::vector<AxisWalk::Axis> AxisWalk::unit_axes() {
    std::vector<Axis> axes;
    for (const Node& node : graph_.nodes) {
        if (operator_of(node).couple == nullptr || operator_of(node).moves > 0) continue;
        for (const OperandAxis& axis : coupled(node).units) {
            if (graph_.initializers.contains(node.inputs[axis.operand])) axes.push_back(axis_of(node, axis));
        }
    }
    return axes;
}

bool AxisWalk::follow_movements(CoupledNode& coupled, const OperandAxis& from) {
    bool known = false;
    const Axis source = axis_of(*coupled.node, from);
    for (const Movement& movement : coupled.movements) {
        if ((from.is_output ? movement.output : movement.input) != from.operand) continue;
        // The way back is the way that led here, also where another one would keep more apart.
        const auto leads_here = [&](const auto& way) {
            const OperandAxis& start = way.first;
            const std::size_t other = from.is_output ? movement.input : movement.output;
            return way.second == from && start.is_output != from.is_output && start.operand == other;
        };
        if (std::ranges::any_of(coupled.moved_axes, leads_here)) {
            known = true;
            continue;
        }
        const auto moved = follow(movement, from);
        if (!moved) continue;
        coupled.moved_axes.emplace_back(from, moved->axis);
        known = true;
        const Axis target = axis_of(*coupled.node, moved->axis);
        visit(target);
        for (std::size_t i = 0; i < moved->holds.size(); ++i) {
            for (const std::int64_t index : moved->holds[i])
                things_.join(thing(source, index), thing(target, static_cast<std::int64_t>(i)));
        }
    }
    return known;
}

void AxisWalk::follow_axis(const Axis& axis) {
    const std::string& value = axis.first;
    if (is_output(graph_, value)) refuse(axis, fmt::format("\"{}\" is an output of the network", value));
    if (is_read_by_body(graph_, value)) refuse(axis, fmt::format("the body of a node reads \"{}\"", value));
    const Node* maker = maker_of(graph_, value);
    if (maker == nullptr && !graph_.initializers.contains(value))
        refuse(axis, fmt::format("\"{}\" is an input of the network", value));
    const auto through = [&](const Node& node, bool is_output_of) {
        CoupledNode& all = coupled(node);
        const auto& names = is_output_of ? node.outputs : node.inputs;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] != value) continue;
            if (follow_through(all, {is_output_of, i, axis.second})) continue;
            const char* const why = !all.sized      ? "has open sizes: give those of the inputs"
                                    : all.too_large ? "is too large to be followed"
                                                    : "mixes what is along it";
            refuse(axis, fmt::format("{} ({}) {}", describe(node), node.op, why));
        }
    };
    if (maker != nullptr) through(*maker, true);
    for (const Node* reader : readers_.of(value)) through(*reader, false);
}

void AxisWalk::follow_all(const std::vector<Axis>& seeds) {
    for (const Axis& seed : seeds) visit(seed);
    while (!open_.empty()) {
        const Axis axis = open_.back();
        open_.pop_back();
        follow_axis(axis);
    }
}

std::vector<std::int64_t> AxisWalk::kept(const Axis& axis, const std::set<std::size_t>& gone) {
    if (!first_.contains(axis)) return {};
    std::vector<std::int64_t> indices;
    const auto count = static_cast<std::int64_t>(size(axis));
    for (std::int64_t i = 0; i < count; ++i) {
        if (!gone.contains(things_.find(thing(axis, i)))) indices.push_back(i);
    }
    if (std::ssize(indices) == count) return {};
    if (indices.empty())
        throw InvalidArgument(
            fmt::format("nothing would be left of \"{}\" along dimension {}", axis.first, axis.second));
    return indices;
}

}  // namespace espalier
