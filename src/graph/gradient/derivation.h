// The view that an operator's gradient rule has of one node, and the table of rules. To add one, add a file
// to graph/gradients.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "espalier/graph.h"
#include "graph/analysis/inference.h"

namespace espalier {

class Derivation;

struct GradientRule {
    std::string_view name;     // of the operator
    std::string_view summary;  // dx, from dy, x and y
    void (*derive)(Derivation& d) = nullptr;
};

/// One file each in graph/gradients.
const Table<GradientRule>& gradients();

using Attributes = std::map<std::string, Attribute>;

/// The graph while gradients are added to it.
class GradientWriter {
  public:
    /// Infers all types. Throws Unsupported for shapes that the graph does not tell.
    explicit GradientWriter(Graph graph);

    const Graph& graph() const { return graph_; }
    Graph take() && { return std::move(graph_); }
    const ValueType& type(const std::string& value) const { return inference_.types().at(value); }
    bool has(const std::string& value) const { return inference_.types().contains(value); }
    bool is_real(const std::string& value) const;
    Shape shape(const std::string& value) const;
    const Tensor* known(const std::string& value) const { return inference_.known(value); }

    /// A name like this one that no value has.
    std::string unused(const std::string& name) const;
    void add_input(const Value& input);
    std::string add_constant(Tensor tensor);
    /// The one part, or their sum.
    std::string add_up(const std::vector<std::string>& parts);
    /// The names of its outputs.
    std::vector<std::string> add(const std::string& op, std::vector<std::string> inputs,
                                 Attributes attributes, std::size_t outputs);

  private:
    std::string next(const std::string& what);

    Graph graph_;
    Inference inference_;  // reads the graph's initialisers
    std::size_t made_ = 0;
};

class Derivation {
  public:
    /// `wanted`: values whose gradient is asked for or leads to one that is. `parts`: by value, what its
    /// gradient is the sum of; those of the node's outputs are complete. All must outlive this.
    Derivation(const Node& node, GradientWriter& writer, const std::set<std::string>& wanted,
               std::map<std::string, std::vector<std::string>>& parts);

    const Node& node() const { return node_; }
    const std::string& in(std::size_t index = 0) const { return node_.inputs[index]; }
    const std::string& out(std::size_t index = 0) const { return node_.outputs[index]; }
    bool has_input(std::size_t index) const { return index < node_.inputs.size() && !in(index).empty(); }
    Shape shape(const std::string& value) const { return writer_.shape(value); }
    /// The value of an input if it is known ahead, else null.
    const Tensor* constant(std::size_t index) const;
    DType dtype() const { return writer_.type(out()).dtype; }
    /// Whether somebody needs the gradient by this input.
    bool wants(std::size_t index) const;
    /// Of an output; "" where none reaches it.
    const std::string& dy(std::size_t index = 0) const { return gradients_[index]; }

    /// This is a part of the gradient by the input; summed over the dimensions along which the input was
    /// repeated to this shape.
    void give(std::size_t index, const std::string& gradient);

    // Nodes and constants. They return the name of what they give.
    std::string make(const std::string& op, std::vector<std::string> inputs, Attributes attributes = {});
    std::vector<std::string> make_several(const std::string& op, std::vector<std::string> inputs,
                                          Attributes attributes, std::size_t outputs);
    std::string number(double value) { return numbers({}, {value}); }
    std::string numbers(const Shape& shape, const std::vector<double>& values);  // of the output's type
    std::string integers(const std::vector<std::int64_t>& values);
    std::string reshaped(const std::string& value, const Shape& shape);
    std::string transposed(const std::string& value, const std::vector<std::int64_t>& order);
    std::string last_two_swapped(const std::string& value);
    /// Over these dimensions, which stay as 1.
    std::string sum_over(const std::string& value, const std::vector<std::int64_t>& axes);
    std::string mean_over(const std::string& value, const std::vector<std::int64_t>& axes);
    /// `value` where the condition holds, else 0.
    std::string where(const std::string& condition, const std::string& value);

    /// Throws Unsupported: node "fc1": <message>
    [[noreturn]] void refuse(const std::string& message) const;

  private:
    const Node& node_;
    GradientWriter& writer_;
    const std::set<std::string>& wanted_;
    std::map<std::string, std::vector<std::string>>& parts_;
    std::vector<std::string> gradients_;
};

}  // namespace espalier
