// What the graph must know of an operator: arity, shapes, which input holds prunable weights. One file in
// ops/ each; execution lives elsewhere (train/ops, runtime/lowerings), so both read the same rules.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>

#include "base/table.h"
#include "espalier/graph.h"

namespace espalier {

/// The view an operator's shape rule has of one node.
class InferContext {
  public:
    /// `scope`: the types of all values around the node.
    InferContext(const Node& node, std::vector<const ValueType*> inputs, const Weights& constants,
                 std::vector<ValueType>& outputs, std::map<std::string, ValueType>& scope)
        : node_(node), inputs_(std::move(inputs)), constants_(constants), outputs_(outputs), scope_(scope) {}

    const Node& node() const { return node_; }
    bool has_input(std::size_t index) const { return index < inputs_.size() && inputs_[index] != nullptr; }
    const ValueType& input(std::size_t index) const { return *inputs_[index]; }
    /// The i64 elements of an input that is an initialiser, as the shape of a Reshape; nothing if a node
    /// gives it. Throws InvalidModel on another dtype.
    std::optional<std::vector<std::int64_t>> constant_ints(std::size_t index) const;
    void set_output(std::size_t index, ValueType type) { outputs_[index] = std::move(type); }
    /// Types of the outputs of the node's body `key`, whose inputs are as it declares them. Throws
    /// InvalidModel if the node has no such body or the body is not right.
    std::vector<ValueType> body_outputs(std::string_view key) const;
    const Graph& body(std::string_view key) const;

    /// Throws InvalidModel: node "fc1": <message>
    [[noreturn]] void fail(const std::string& message) const;
    /// Throws Unsupported: node "fc1": <message>
    [[noreturn]] void refuse(const std::string& message) const;
    /// `axis` counted from the front. Throws InvalidModel unless it is in [-rank, rank).
    std::size_t axis(std::int64_t axis, std::size_t rank) const;
    /// Throws InvalidModel unless both can be the same number; returns the more definite one.
    Dim unify(const Dim& a, const Dim& b, const char* what) const;
    /// Throws InvalidModel unless all inputs that are given hold the same dtype.
    void require_one_dtype() const;

  private:
    const Node& node_;
    std::vector<const ValueType*> inputs_;
    const Weights& constants_;
    std::vector<ValueType>& outputs_;
    std::map<std::string, ValueType>& scope_;
};

/// More than any network has; types of many values of many dimensions would take more memory than their file.
inline constexpr std::size_t kMostDimensions = 64;

/// As `max_inputs` or `outputs` of an Operator.
inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::int32_t>::max();

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
    /// Dimensions of the output at whose every position the same weight is used once for one example.
    std::span<const Dim> (*positions)(const Dims& output) = nullptr;
    /// Indices of inputs that are buffers (espalier/graph.h).
    std::span<const std::size_t> buffers = {};
    /// Whether even the first `min_inputs` inputs may be "", as the limit of a Loop.
    bool may_leave_out = false;
};

/// Every operator Espalier knows: the files of graph/ops.
const Table<Operator>& ops();

/// Infers one node and adds the types of its outputs to `types`.
void infer_node(const Node& node, const Weights& constants, std::map<std::string, ValueType>& types);

/// Shape rules that many operators share: all inputs broadcast, or the output is as input 0.
void infer_broadcast(InferContext& context);
void infer_same(InferContext& context);

/// Output shape of numpy-style broadcasting. Throws InvalidModel through `context`.
Dims broadcast(const InferContext& context, const Dims& a, const Dims& b);

}  // namespace espalier
