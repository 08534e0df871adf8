// Which axes of a node's inputs and outputs belong together: what an operator says of itself, so that a slice
// of one (a channel, a head, a neuron) can be removed with all that goes with it. One rule an operator,
// called with its shapes known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

class RestWriter;

/// One axis of an input or output of a node.
struct OperandAxis {
    bool is_output = false;
    std::size_t operand = 0;
    std::size_t axis = 0;
    bool operator==(const OperandAxis&) const = default;
};

inline OperandAxis in(std::size_t operand, std::size_t axis) { return {false, operand, axis}; }
inline OperandAxis out(std::size_t operand, std::size_t axis) { return {true, operand, axis}; }

/// Indices of several axes that stand for the same things: index i of a member is thing `things[i]`. What
/// goes of one goes of all.
struct AxisRelation {
    struct Member {
        OperandAxis axis;
        std::vector<std::int64_t> things;
    };
    std::vector<Member> members;
    /// The node computes over what is left of the first member, as the mean of a normalisation: not what it
    /// would compute with zeros there. This writes it anew so that it does (coupling/over_rest.h).
    void (*over_rest)(RestWriter& writer) = nullptr;
};

/// What the rule of an operator fills in for one node.
class Coupling {
  public:
    /// Shapes of operands; those that are left out are empty.
    Coupling(const Node& node, std::vector<std::optional<Shape>> inputs,
             std::vector<std::optional<Shape>> outputs, std::vector<const Tensor*> constants)
        : node_(node),
          inputs_(std::move(inputs)),
          outputs_(std::move(outputs)),
          constants_(std::move(constants)) {}

    const Node& node() const { return node_; }
    std::size_t input_count() const { return inputs_.size(); }
    bool has_input(std::size_t index) const { return index < inputs_.size() && inputs_[index].has_value(); }
    const Shape& input(std::size_t index) const { return *inputs_[index]; }
    bool has_output(std::size_t index) const {
        return index < outputs_.size() && outputs_[index].has_value();
    }
    const Shape& output(std::size_t index = 0) const { return *outputs_[index]; }
    /// The input if it is an initialiser, else null.
    const Tensor* constant(std::size_t index) const {
        return index < constants_.size() ? constants_[index] : nullptr;
    }
    /// Of an initialiser of integers; nothing if it is not one.
    std::optional<std::vector<std::int64_t>> integers(std::size_t index) const;
    std::int64_t size(const OperandAxis& axis) const {
        return (axis.is_output ? output(axis.operand) : input(axis.operand))[axis.axis];
    }

    /// Index i of each of these is the same thing. Operands that are left out may be named.
    void same(const std::vector<OperandAxis>& axes);
    /// Index i of each axis is thing thing_of(i) of it.
    using ThingOf = std::function<std::int64_t(std::int64_t index)>;
    void same_by(const std::vector<std::pair<OperandAxis, ThingOf>>& axes);

    /// As same_by(), for axes over whose indices the node computes, the first of which is an input's.
    using WriteOverRest = void (*)(RestWriter& writer);
    void over_rest(const std::vector<OperandAxis>& axes, WriteOverRest write);
    void over_rest_by(const std::vector<std::pair<OperandAxis, ThingOf>>& axes, WriteOverRest write);
    /// The indices of this axis of an input are units that can go by themselves, as hidden ones of an LSTM,
    /// also where the input holds no prunable weight.
    void units(const OperandAxis& axis) { units_.push_back(axis); }
    const std::vector<OperandAxis>& unit_axes() const { return units_; }

    const std::vector<AxisRelation>& relations() const { return relations_; }

  private:
    bool is_there(const OperandAxis& axis) const {
        return axis.is_output ? has_output(axis.operand) : has_input(axis.operand);
    }

    const Node& node_;
    std::vector<std::optional<Shape>> inputs_, outputs_;
    std::vector<const Tensor*> constants_;
    std::vector<AxisRelation> relations_;
    std::vector<OperandAxis> units_;
};

/// Rules that many operators share: all inputs are repeated to the output as numpy repeats them, or
/// the first input and the output have the same axes but for `axis`, which is mixed,
void couple_elements(Coupling& coupling);
void couple_but_axis(Coupling& coupling, std::size_t axis);
/// or the first two axes, images and channels, stay.
void couple_images(Coupling& coupling);

/// As `keeps_examples` (graph/op.h) of operators that leave elements in their order and take one input: the
/// first axis stays as long as it is.
bool keeps_first_axis(const Coupling& coupling, const std::set<std::size_t>& slices);
/// The node's `axis` counted from the front.
std::size_t axis_from_front(const Coupling& coupling, std::int64_t fallback, std::size_t rank);

/// What becomes of the numbers that a node holds, when slices of its operands go: sizes in the shape of a
/// Reshape, bounds of a Slice, the groups of a convolution.
class Shrinking {
  public:
    /// The indices that stay of an axis, ascending; empty if all do.
    using Kept = std::function<std::vector<std::int64_t>(const OperandAxis& axis)>;
    using ShapeOf = std::function<const Shape&(const OperandAxis& axis)>;
    /// A new constant of these integers for input `index`, of the type of the one there, else i64.
    using SetIntegers = std::function<void(std::size_t index, const std::vector<std::int64_t>& values)>;

    Shrinking(Node& node, const Weights& constants, Kept kept, ShapeOf shape, SetIntegers set)
        : node_(node),
          constants_(constants),
          kept_(std::move(kept)),
          shape_(std::move(shape)),
          set_(std::move(set)) {}

    Node& node() { return node_; }
    std::vector<std::int64_t> kept(const OperandAxis& axis) const { return kept_(axis); }
    /// Dimensions of the operand.
    std::int64_t rank(const OperandAxis& operand) const { return std::ssize(shape_(operand)); }
    /// How many there were.
    std::int64_t size(const OperandAxis& axis) const { return shape_(axis)[axis.axis]; }
    /// Of an input that must be constant. Throws Unsupported, naming the node.
    std::vector<std::int64_t> integers(std::size_t index) const;
    bool has_input(std::size_t index) const {
        return index < node_.inputs.size() && !node_.inputs[index].empty();
    }
    void set_integers(std::size_t index, const std::vector<std::int64_t>& values) { set_(index, values); }
    [[noreturn]] void refuse(const std::string& why) const;

  private:
    Node& node_;
    const Weights& constants_;
    Kept kept_;
    ShapeOf shape_;
    SetIntegers set_;
};

/// Of a node whose input `index` names the output's sizes: those of axes that shrink become what is left.
void shrink_sizes(Shrinking& shrinking, std::size_t index);

}  // namespace espalier
