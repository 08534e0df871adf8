// What the graph must know of an operator: arity, shapes, which input holds prunable weights. One file in
// ops/ each; execution lives elsewhere (train/ops, runtime/lowerings), so both read the same rules.
#pragma once

#include <span>
#include <string>

#include "base/table.h"
#include "espalier/graph.h"

namespace espalier {

/// The view an operator's shape rule has of one node.
class InferContext {
  public:
    InferContext(const Node& node, std::vector<const ValueType*> inputs, std::vector<ValueType>& outputs)
        : node_(node), inputs_(std::move(inputs)), outputs_(outputs) {}

    const Node& node() const { return node_; }
    bool has_input(std::size_t index) const { return index < inputs_.size() && inputs_[index] != nullptr; }
    const ValueType& input(std::size_t index) const { return *inputs_[index]; }
    void set_output(std::size_t index, ValueType type) { outputs_[index] = std::move(type); }

    /// Throws InvalidModel: node "fc1": <message>
    [[noreturn]] void fail(const std::string& message) const;
    /// Throws InvalidModel unless both can be the same number; returns the more definite one.
    Dim unify(const Dim& a, const Dim& b, const char* what) const;
    /// Throws InvalidModel unless all inputs that are given hold the same dtype.
    void require_one_dtype() const;

  private:
    const Node& node_;
    std::vector<const ValueType*> inputs_;
    std::vector<ValueType>& outputs_;
};

struct Operator {
    std::string_view name;  // as in ONNX
    std::string_view summary;
    std::size_t min_inputs = 1;
    std::size_t max_inputs = 1;
    std::size_t outputs = 1;
    void (*infer)(InferContext& context) = nullptr;
    /// Index of the input that holds prunable weights when it is an initialiser; -1 for none.
    int weight_input = -1;
    /// Dimension of that weight which counts outputs; needed where weight_input is set.
    int (*output_axis)(const Node& node) = nullptr;
};

/// Every operator Espalier knows: the files of graph/ops.
const Table<Operator>& ops();

/// Output shape of numpy-style broadcasting. Throws InvalidModel through `context`.
Dims broadcast(const InferContext& context, const Dims& a, const Dims& b);

}  // namespace espalier
