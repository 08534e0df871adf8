// What the graph must know of an operator: arity, shapes, its plain computation, which input holds prunable
// weights. One file in ops/ each. Fast execution lives elsewhere (train/ops, runtime/lowerings), by the same
// rules.
#pragma once

#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "base/table.h"
#include "espalier/graph.h"
#include "graph/computation/elements.h"

namespace espalier {

class Coupling;
class Evaluation;
class Inference;
class Shrinking;

/// What is known of one input of a node.
struct Input {
    const ValueType* type = nullptr;     // null if it is left out
    const Tensor* tensor = nullptr;      // its value, if that is known
    const Elements* elements = nullptr;  // its elements, if some are known and not all
};

/// The view an operator's shape rule has of one node.
class InferContext {
  public:
    /// `inference`: of the graph around the node, which its bodies see; null where they are not looked into.
    InferContext(const Node& node, std::vector<Input> inputs, std::vector<ValueType>& outputs,
                 Inference* inference = nullptr)
        : node_(node), inputs_(std::move(inputs)), outputs_(outputs), inference_(inference) {}

    const Node& node() const { return node_; }
    std::size_t input_count() const { return inputs_.size(); }
    bool has_input(std::size_t index) const {
        return index < inputs_.size() && inputs_[index].type != nullptr;
    }
    const ValueType& input(std::size_t index) const { return *inputs_[index].type; }
    /// Whether the number of dimensions of every input is known, as the rules expect.
    bool is_ranked() const;
    bool has_output(std::size_t index) const {
        return index < node_.outputs.size() && !node_.outputs[index].empty();
    }
    /// The input's value if it is known: an initialiser, or computed from what is known; null otherwise.
    const Tensor* constant(std::size_t index) const { return inputs_[index].tensor; }
    /// The integers of such an input, as the shape of a Reshape; nothing if they are not known. Throws
    /// InvalidModel on a dtype other than i64 and i32.
    std::optional<std::vector<std::int64_t>> constant_ints(std::size_t index) const;
    /// The one integer of such an input.
    std::optional<std::int64_t> constant_int(std::size_t index) const;
    /// The same where only some are known, as those of a shape with a symbol in it.
    std::optional<Elements> elements(std::size_t index) const;
    void set_output(std::size_t index, ValueType type) { outputs_[index] = std::move(type); }
    /// The node's body `key`. Throws InvalidModel if it has none.
    const Graph& body(std::string_view key) const;
    /// Types of that body's outputs, its inputs being as it declares them. Throws InvalidModel or Unsupported
    /// if it is not right.
    std::vector<ValueType> body_outputs(std::string_view key) const;

    /// Throws InvalidModel: node "fc1": <message>
    [[noreturn]] void fail(const std::string& message) const;
    /// Throws Unsupported: node "fc1": <message>
    [[noreturn]] void refuse(const std::string& message) const;
    /// `axis` counted from the front. Throws InvalidModel unless it is in [-rank, rank).
    std::size_t axis(std::int64_t axis, std::size_t rank) const;
    /// Of the node's attribute.
    std::size_t axis_attribute(std::int64_t fallback, std::size_t rank) const {
        return axis(node_.attribute_int("axis", fallback), rank);
    }
    /// For each dimension whether `axes` name it. Throws InvalidModel for an axis that is named twice.
    std::vector<bool> axes(std::span<const std::int64_t> axes, std::size_t rank) const;
    /// Throws InvalidModel unless both can be the same number; returns the more definite one.
    Dim unify(const Dim& a, const Dim& b, const char* what) const;
    /// Throws InvalidModel unless all inputs that are given hold the same dtype.
    void require_one_dtype() const;
    void require_float(std::size_t index) const;
    void require_integer(std::size_t index) const;
    void require_boolean(std::size_t index) const;
    /// Throws InvalidModel unless the input has that many dimensions.
    void require_rank(std::size_t index, std::size_t rank, const char* what) const;

  private:
    [[noreturn]] void fail_dtype(std::size_t index, const char* expected) const;

    const Node& node_;
    std::vector<Input> inputs_;
    std::vector<ValueType>& outputs_;
    Inference* inference_;
};

/// More than any network has; types of many values of many dimensions would take more memory than their file.
inline constexpr std::size_t kMostDimensions = 64;

/// The domain of ONNX's operators of classical machine learning.
inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

/// As `max_inputs` or `outputs` of an Operator.
inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::int32_t>::max();

/// What parameters at inputs `first` to `last` are, where they are no prunable weight: "bias", "embedding".
struct ParameterRole {
    std::size_t first = 0;
    std::size_t last = 0;
    std::string_view kind;
};

/// How a node multiplies with one of its inputs.
struct WeightUse {
    /// What it reads with dimensions taken together, so that the first two are outputs and inputs or the
    /// other way.
    Shape shape;
    int output_axis = 0;  // of that
    std::int64_t groups = 1;
    std::vector<std::string> parts = {};
    std::optional<std::size_t> seen_axis = {};  // dimension of what it reads that counts outputs
    bool on_request = false;                    // pruned only where it is asked for by name
};

struct Operator {
    std::string_view name;  // as in ONNX
    std::string_view summary;
    std::size_t min_inputs = 1;
    std::size_t max_inputs = 1;
    std::size_t outputs = 1;
    void (*infer)(InferContext& context) = nullptr;
    /// The plain computation (graph/evaluation.h); null for an operator that is only read and written.
    void (*evaluate)(Evaluation& evaluation) = nullptr;
    /// Computes on f16 and bf16 itself, or only moves them; elsewhere they are computed as f32.
    bool takes_halves = false;
    /// Costs more than its inputs and outputs say: not computed while shapes are inferred.
    bool heavy = false;
    /// The elements of the output, an integer vector or scalar, as far as the inputs' shapes and elements
    /// tell; nothing if it has too many.
    std::optional<Elements> (*trace)(const InferContext& context) = nullptr;
    /// Index of the input that holds prunable weights when it is an initialiser; -1 for none.
    int weight_input = -1;
    /// Dimension of that weight which counts outputs; needed where weight_input is set.
    int (*output_axis)(const Node& node) = nullptr;
    /// Where that does not say all: how the input, of this shape, is multiplied with; nothing if it is not.
    std::optional<WeightUse> (*weight_use)(const Node& node, std::size_t input, const Shape& shape) = nullptr;
    /// Indices of inputs that are buffers (espalier/graph.h).
    std::span<const std::size_t> buffers = {};
    /// Indices of inputs that say how to compute, not with what, as the scales of a Resize: no gradient
    /// reaches them, so they are not parameters.
    std::span<const std::size_t> settings = {};
    /// Indices of inputs that say nothing but the shapes of the outputs: where those are the same, so is what
    /// they hold.
    std::span<const std::size_t> sizes = {};
    std::span<const ParameterRole> roles = {};
    /// How axes of inputs and outputs belong together (coupling/coupling.h). An axis of which nothing is said
    /// is mixed.
    void (*couple)(Coupling& coupling) = nullptr;
    /// Inputs, from the first on, whose elements are only moved: their coupling is found by moving positions.
    std::size_t moves = 0;
    /// Where `slices` name the inputs that hold an example of a batch in each slice of their first axis:
    /// whether the outputs do so, too. Of nodes that do not move elements `couple` says it if this is null.
    bool (*keeps_examples)(const Coupling& coupling, const std::set<std::size_t>& slices) = nullptr;
    /// What becomes of the numbers that the node holds when slices of its operands go; null: nothing.
    void (*shrink)(Shrinking& shrinking) = nullptr;
    /// Whether even the first `min_inputs` inputs may be "", as the limit of a Loop.
    bool may_leave_out = false;
    /// Of ONNX's operators that defines it.
    std::string_view domain = "";
    /// What costs too much for every inference: called once by verify(). Throws InvalidModel and Unsupported.
    void (*check)(const Node& node, const std::map<std::string, ValueType>& types) = nullptr;

    /// Outputs that a shape rule may set for this node: all, but of any number only those it has.
    std::size_t room_for(const Node& node) const {
        return outputs == kAnyNumber ? node.outputs.size() : outputs;
    }
};

/// Every operator Espalier knows: the files of graph/ops.
const Table<Operator>& ops();

/// The node's operator. Throws Unsupported if it is not known, InvalidModel if it has too few or too many
/// inputs or outputs.
const Operator& operator_of(const Node& node);

/// Infers one node and adds the types of its outputs to `types`.
void infer_node(const Node& node, const Weights& constants, std::map<std::string, ValueType>& types);

/// Shape rules that many operators share: all inputs broadcast, or the output is as input 0.
void infer_broadcast(InferContext& context);
/// The same, of numbers of floating point.
void infer_broadcast_float(InferContext& context);
void infer_same(InferContext& context);
/// The same, of numbers of floating point.
void infer_same_float(InferContext& context);

/// Output shape of numpy-style broadcasting. Throws InvalidModel through `context`.
Dims broadcast(const InferContext& context, const Dims& a, const Dims& b);
/// Of all inputs that are given.
Dims broadcast_all(const InferContext& context);

/// The dimensions that an input of integers names, of a Reshape without its special numbers; open where they
/// are not known. Throws Unsupported if not even their number is.
Dims given_dims(const InferContext& context, std::size_t index);

/// The product; open where it is not known. Throws InvalidModel where memory cannot hold so many elements.
Dim product(const InferContext& context, std::span<const Dim> dims);
/// a + b; open where it is not known.
Dim sum(const InferContext& context, const Dim& a, const Dim& b);

}  // namespace espalier
