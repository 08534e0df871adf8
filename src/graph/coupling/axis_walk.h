// Follows axes of values through the nodes of a graph, and joins the indices that go together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "graph/analysis/readers.h"
#include "graph/coupling/moved_axes.h"
#include "graph/coupling/things.h"

namespace espalier {

class AxisWalk {
  public:
    using Axis = std::pair<std::string, std::size_t>;  // of a value

    /// Reads `graph` while axes are followed, and not afterwards.
    AxisWalk(const Graph& graph, bool follows_over_rest);

    void follow_all(const std::vector<Axis>& seeds);

    /// The axes that were reached, each with the thing that its first index is; the others follow.
    const std::map<Axis, std::size_t>& reached() const { return first_; }
    Things& things() { return things_; }
    std::size_t size(const Axis& axis) const {
        return static_cast<std::size_t>(shapes_.at(axis.first)[axis.second]);
    }
    /// Nodes that compute over an axis that was reached, with that input's axis.
    struct Rest {
        std::string output;  // the node's first
        std::string value;   // that the axis is one of
        OperandAxis axis;
        Coupling::WriteOverRest write = nullptr;
    };
    const std::vector<Rest>& over_rest() const { return over_rest_; }
    /// Axes of initialisers whose indices are units of their own, as operators say.
    std::vector<Axis> unit_axes();
    const Shape& shape(const std::string& value) const { return shapes_.at(value); }
    /// Indices that stay of an axis where these things go, said as none if all do. Throws InvalidArgument if
    /// none would.
    std::vector<std::int64_t> kept(const Axis& axis, const std::set<std::size_t>& gone);

  private:
    /// A node with the shapes of its operands and its rule.
    struct CoupledNode {
        const Node* node = nullptr;
        bool sized = true;       // the shapes are known
        bool too_large = false;  // for its elements to be followed
        std::vector<std::optional<Shape>> inputs, outputs;
        std::vector<AxisRelation> relations;
        std::vector<OperandAxis> units;
        std::vector<Movement> movements;
        std::vector<std::pair<OperandAxis, OperandAxis>> moved_axes;  // from where to where was followed
    };

    std::size_t thing(const Axis& axis, std::int64_t index) const {
        return first_.at(axis) + static_cast<std::size_t>(index);
    }
    void visit(const Axis& axis);
    void refuse(const Axis& axis, const std::string& why);
    CoupledNode& coupled(const Node& node);
    static Axis axis_of(const Node& node, const OperandAxis& axis);
    /// Follows the axis of an operand through the node; false where its rule says nothing of it.
    bool follow_through(CoupledNode& coupled, const OperandAxis& from);
    bool follow_relations(const CoupledNode& coupled, const OperandAxis& from);
    void note_over_rest(const Node& node, const AxisRelation& relation);
    bool follow_movements(CoupledNode& coupled, const OperandAxis& from);
    void follow_axis(const Axis& axis);

    const Graph& graph_;
    bool follows_over_rest_;
    std::map<std::string, Shape> shapes_;
    Readers readers_;
    std::map<const Node*, CoupledNode> nodes_;
    std::map<Axis, std::size_t> first_;
    Things things_;
    std::vector<Axis> open_;  // to be followed
    std::vector<Rest> over_rest_;
};

}  // namespace espalier
