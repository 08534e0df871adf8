#include "graph/coupling/axis_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "espalier/error.h"
#include "graph/analysis/inference.h"
#include "graph/analysis/input_shapes.h"
#include "graph/analysis/readers.h"
#include "graph/coupling/moved_axes.h"
#include "graph/op.h"

namespace espalier {
namespace axis_groups_ {

using Axis = std::pair<std::string, std::size_t>;  // of a value

/// Sets of things that go together. Those that cannot go have a reason.
class Things {
  public:
    std::size_t add(std::size_t count) {
        const std::size_t first = roots_.size();
        for (std::size_t i = 0; i < count; ++i) roots_.push_back(first + i);
        return first;
    }
    std::size_t find(std::size_t thing) {
        while (roots_[thing] != thing) thing = roots_[thing] = roots_[roots_[thing]];
        return thing;
    }
    void join(std::size_t a, std::size_t b) {
        a = find(a);
        b = find(b);
        if (a == b) return;
        roots_[std::max(a, b)] = std::min(a, b);
        const auto reason = refused_.find(std::max(a, b));
        if (reason != refused_.end()) refused_.emplace(std::min(a, b), reason->second);
    }
    void refuse(std::size_t thing, const std::string& why) { refused_.emplace(find(thing), why); }
    std::string refusal(std::size_t thing) {
        const auto found = refused_.find(find(thing));
        return found == refused_.end() ? "" : found->second;
    }

  private:
    std::vector<std::size_t> roots_;
    std::map<std::size_t, std::string> refused_;
};

/// Of all values whose sizes the inputs' tell, open batches taken as 1.
inline std::map<std::string, Shape> shapes_of(const Graph& graph) {
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
        if (shape.size() == type.dims.size()) shapes.emplace(name, std::move(shape));
    }
    return shapes;
}

/// A node with the shapes of its operands and its rule.
struct CoupledNode {
    const Node* node = nullptr;
    bool sized = true;  // the shapes are known
    std::vector<std::optional<Shape>> inputs, outputs;
    std::vector<AxisRelation> relations;
    std::vector<Movement> movements;
    std::vector<std::pair<OperandAxis, OperandAxis>> moved_axes;  // from where to where was followed
};

}  // namespace axis_groups_

struct AxisGroups::State {
    using Axis = axis_groups_::Axis;
    using CoupledNode = axis_groups_::CoupledNode;

    explicit State(const Graph& network)
        : graph(network), shapes(axis_groups_::shapes_of(network)), readers(network) {}

    const Graph& graph;  // while groups are found
    std::map<std::string, Shape> shapes;
    Readers readers;
    std::map<const Node*, CoupledNode> nodes;
    std::map<Axis, std::size_t> first;  // thing of index 0
    axis_groups_::Things things;
    std::vector<Axis> open;  // to be followed

    std::size_t size(const Axis& axis) const {
        return static_cast<std::size_t>(shapes.at(axis.first)[axis.second]);
    }
    std::size_t thing(const Axis& axis, std::int64_t index) const {
        return first.at(axis) + static_cast<std::size_t>(index);
    }

    void visit(const Axis& axis) {
        if (first.contains(axis)) return;
        first.emplace(axis, things.add(size(axis)));
        open.push_back(axis);
    }

    void refuse(const Axis& axis, const std::string& why) {
        for (std::size_t i = 0; i < size(axis); ++i) things.refuse(first.at(axis) + i, why);
    }

    CoupledNode& coupled(const Node& node) {
        const auto known = nodes.find(&node);
        if (known != nodes.end()) return known->second;
        CoupledNode& made = nodes[&node];
        made.node = &node;
        const auto shape_of = [&](const std::string& value) -> std::optional<Shape> {
            if (value.empty()) return {};
            const auto found = shapes.find(value);
            if (found == shapes.end()) made.sized = false;
            return found == shapes.end() ? std::optional<Shape>() : found->second;
        };
        for (const std::string& input : node.inputs) made.inputs.push_back(shape_of(input));
        for (const std::string& output : node.outputs) made.outputs.push_back(shape_of(output));
        const Operator& op = operator_of(node);
        if (!made.sized) return made;
        std::vector<const Tensor*> constants;
        for (const std::string& input : node.inputs) {
            const auto constant = graph.initializers.find(input);
            constants.push_back(constant == graph.initializers.end() ? nullptr : &constant->second);
        }
        if (op.couple != nullptr) {
            Coupling coupling(node, made.inputs, made.outputs, constants);
            op.couple(coupling);
            made.relations = coupling.relations();
        }
        if (op.moves > 0) {
            made.movements = movements_of(node, made.inputs, constants, op.moves);
        }
        return made;
    }

    Axis axis_of(const Node& node, const OperandAxis& axis) const {
        return {(axis.is_output ? node.outputs : node.inputs)[axis.operand], axis.axis};
    }

    /// Follows the axis of an operand through the node; false where its rule says nothing of it.
    bool follow_through(CoupledNode& coupled, const OperandAxis& from) {
        bool known = false;
        const Axis source = axis_of(*coupled.node, from);
        for (const AxisRelation& relation : coupled.relations) {
            const auto mine = std::ranges::find(relation.members, from, &AxisRelation::Member::axis);
            if (mine == relation.members.end()) continue;
            known = true;
            std::map<std::int64_t, std::int64_t> one;  // an index of each thing
            for (std::size_t i = 0; i < mine->things.size(); ++i) {
                const auto index = static_cast<std::int64_t>(i);
                const auto [other, first_one] = one.emplace(mine->things[i], index);
                if (!first_one) things.join(thing(source, other->second), thing(source, index));
            }
            for (const AxisRelation::Member& member : relation.members) {
                if (member.axis == from) continue;
                const Axis target = axis_of(*coupled.node, member.axis);
                visit(target);
                for (std::size_t i = 0; i < member.things.size(); ++i) {
                    const auto match = one.find(member.things[i]);
                    if (match != one.end())
                        things.join(thing(source, match->second),
                                    thing(target, static_cast<std::int64_t>(i)));
                }
            }
        }
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
                    things.join(thing(source, index), thing(target, static_cast<std::int64_t>(i)));
            }
        }
        return known;
    }

    void follow_axis(const Axis& axis) {
        const std::string& value = axis.first;
        if (is_output(graph, value)) refuse(axis, fmt::format("\"{}\" is an output of the network", value));
        if (is_read_by_body(graph, value))
            refuse(axis, fmt::format("the body of a node reads \"{}\"", value));
        const Node* maker = maker_of(graph, value);
        if (maker == nullptr && !graph.initializers.contains(value))
            refuse(axis, fmt::format("\"{}\" is an input of the network", value));
        const auto through = [&](const Node& node, bool is_output_of) {
            CoupledNode& all = coupled(node);
            const auto& names = is_output_of ? node.outputs : node.inputs;
            for (std::size_t i = 0; i < names.size(); ++i) {
                if (names[i] != value) continue;
                if (follow_through(all, {is_output_of, i, axis.second})) continue;
                refuse(axis, all.sized
                                 ? fmt::format("{} ({}) mixes what is along it", describe(node), node.op)
                                 : fmt::format("sizes at {} ({}) are open: give those of the inputs",
                                               describe(node), node.op));
            }
        };
        if (maker != nullptr) through(*maker, true);
        for (const Node* reader : readers.of(value)) through(*reader, false);
    }

    /// From the outputs of every weight.
    void follow_all(const std::vector<Axis>& seeds) {
        for (const Axis& seed : seeds) visit(seed);
        while (!open.empty()) {
            const Axis axis = open.back();
            open.pop_back();
            follow_axis(axis);
        }
    }

    /// Indices that stay, of an axis that was followed; all, said as none, of any other.
    std::vector<std::int64_t> kept(const Axis& axis, const std::set<std::size_t>& gone) {
        if (!first.contains(axis)) return {};
        std::vector<std::int64_t> indices;
        const auto count = static_cast<std::int64_t>(size(axis));
        for (std::int64_t i = 0; i < count; ++i) {
            if (!gone.contains(things.find(thing(axis, i)))) indices.push_back(i);
        }
        if (std::ssize(indices) == count) return {};
        if (indices.empty())
            throw InvalidArgument(
                fmt::format("nothing would be left of \"{}\" along dimension {}", axis.first, axis.second));
        return indices;
    }
};

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

AxisGroups::AxisGroups(const Graph& graph) : state_(std::make_unique<State>(graph)) {
    using Axis = State::Axis;
    State& state = *state_;
    std::vector<Axis> seeds;
    for (const PrunableWeight& weight : prunable(graph))
        seeds.emplace_back(weight.name, static_cast<std::size_t>(weight.output_axis));
    state.follow_all(seeds);
    // Slices of each unit, of weights in their order.
    std::map<std::size_t, std::map<Axis, std::vector<std::int64_t>>> units;
    for (const auto& [axis, first] : state.first) {
        if (!graph.initializers.contains(axis.first)) continue;
        for (std::size_t i = 0; i < state.size(axis); ++i)
            units[state.things.find(first + i)][axis].push_back(static_cast<std::int64_t>(i));
    }
    std::map<std::vector<std::pair<Axis, std::size_t>>, std::size_t> by_kind;
    std::set<std::size_t> seen;
    for (const Axis& seed : seeds) {
        for (std::size_t i = 0; i < state.size(seed); ++i) {
            const std::size_t id = state.things.find(state.first.at(seed) + i);
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
                groups_.push_back({.name = name, .units = {}, .refused = state.things.refusal(id)});
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
    for (const std::size_t id : ids) gone.insert(state_->things.find(id));
    Graph result = graph;
    std::size_t made = 0;
    for (Node& node : result.nodes) {
        const Operator& op = operator_of(node);
        if (op.shrink == nullptr) continue;
        const auto kept = [&](const OperandAxis& axis) {
            const auto& names = axis.is_output ? node.outputs : node.inputs;
            if (axis.operand >= names.size()) return std::vector<std::int64_t>();
            return state_->kept({names[axis.operand], axis.axis}, gone);
        };
        const auto shape = [&](const OperandAxis& axis) -> const Shape& {
            return state_->shapes.at((axis.is_output ? node.outputs : node.inputs)[axis.operand]);
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
    for (const auto& [axis, first] : state_->first) {
        const auto constant = result.initializers.find(axis.first);
        if (constant == result.initializers.end()) continue;
        const auto kept = state_->kept(axis, gone);
        if (!kept.empty()) constant->second = without_slices(constant->second, axis.second, kept);
    }
    remove_unread_initializers(result);
    verify(result);
    return result;
}

}  // namespace espalier
