// Nodes that compute over an axis of which something was removed, written anew in a network that has zeros
// there instead: over what is left, so that the smaller network can be held against it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/coupling/coupling.h"

namespace espalier {

class RestWriter {
  public:
    /// Writes nodes in the place of `node` into `nodes`, constants into `constants`. `shape` is that of the
    /// operand that `axis` is an axis of.
    RestWriter(const Node& node, const OperandAxis& axis, std::vector<std::int64_t> kept, Shape shape,
               std::vector<Node>& nodes, Weights& constants);

    const Node& node() const { return node_; }
    const Shape& shape() const { return shape_; }
    std::int64_t rank() const { return std::ssize(shape_); }
    bool has_input(std::size_t index) const {
        return index < node_.inputs.size() && !node_.inputs[index].empty();
    }
    std::int64_t size() const { return shape_[axis_.axis]; }
    std::int64_t kept() const { return std::ssize(kept_); }

    /// The value that a new node gives.
    std::string add(const std::string& op, const std::vector<std::string>& inputs,
                    const std::map<std::string, Attribute>& attributes = {});
    std::string number(float value);
    std::string integers(const std::vector<std::int64_t>& values);
    /// 1 where something is left along the axis, else 0; it repeats to the operand's shape.
    std::string mask();
    /// (x - mean) / sqrt(variance + epsilon) over `axes` of what is left, zero elsewhere. The axes are those
    /// of the operand under the shape `as`, if one is given, in which the result comes.
    std::string normalised(const std::vector<std::int64_t>& axes, const Shape& as = {});
    /// value * inputs 1 + input 2, which have a number for each channel, dimension 1 of the operand.
    std::string scaled(const std::string& value);
    /// `value` is what the node gives. Call it once, at the end.
    void finish(const std::string& value);

  private:
    std::string constant(Tensor tensor);

    const Node& node_;
    OperandAxis axis_;
    std::vector<std::int64_t> kept_;
    Shape shape_;
    std::vector<Node>& nodes_;
    Weights& constants_;
    std::size_t made_ = 0;
};

}  // namespace espalier
