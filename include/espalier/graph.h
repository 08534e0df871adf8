// A network: topology with initial values, in ONNX semantics. There is no second model class: built-in
// networks build a Graph, ONNX files are read into one, the trainer executes it, pruning edits it, the
// runtime compiles it.
//
// Values are named as in ONNX: a node reads values by name and writes new ones, each exactly once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "espalier/tensor.h"
#include "espalier/weight_form.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier {

/// One dimension: a number, a symbol that stands for the same number everywhere ("N"), or unknown.
class Dim {
  public:
    Dim() = default;
    Dim(std::int64_t size) : size_(size) {}                  // NOLINT(google-explicit-constructor)
    Dim(std::string symbol) : symbol_(std::move(symbol)) {}  // NOLINT(google-explicit-constructor)

    bool is_fixed() const { return size_ >= 0; }
    bool is_symbol() const { return !symbol_.empty(); }
    /// -1 unless fixed.
    std::int64_t size() const { return size_; }
    const std::string& symbol() const { return symbol_; }
    bool operator==(const Dim&) const = default;

  private:
    std::int64_t size_ = -1;
    std::string symbol_;
};

using Dims = std::vector<Dim>;
/// "Nx1x28x28"; "?" for an unknown dimension.
std::string to_string(const Dims& dims);
Dims to_dims(const Shape& shape);

struct ValueType {
    DType dtype = DType::f32;
    Dims dims;
    /// False where not even the number of dimensions is known before the network runs: an If whose branches
    /// differ in it, and what follows from that. `dims` and, behind it, `dtype` mean nothing then.
    bool is_ranked = true;
    bool operator==(const ValueType&) const = default;
};

struct Value {
    std::string name;
    ValueType type;
    bool operator==(const Value&) const = default;
};

struct Graph;

/// The body of an If, Loop or Scan: a graph that also reads the values around it. It does not change, so
/// copies share it.
class Subgraph {
  public:
    explicit Subgraph(Graph graph);
    const Graph& graph() const { return *graph_; }
    bool operator==(const Subgraph& other) const;

  private:
    std::shared_ptr<const Graph> graph_;
};

using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                               std::vector<float>, std::vector<std::string>, Tensor, Subgraph>;

struct Node {
    std::string name;
    std::string op;                    // ONNX operator: "Gemm", "Relu", ...
    std::vector<std::string> inputs;   // "" where an optional input is left out
    std::vector<std::string> outputs;  // "" where an optional output is left out
    std::map<std::string, Attribute> attributes;

    /// Attribute `key`, or `fallback` if the node does not have it. Throws InvalidModel on another type.
    std::int64_t attribute_int(std::string_view key, std::int64_t fallback) const;
    float attribute_float(std::string_view key, float fallback) const;
    std::vector<std::int64_t> attribute_ints(std::string_view key, std::vector<std::int64_t> fallback) const;
    std::string attribute_string(std::string_view key, std::string fallback) const;
    bool operator==(const Node&) const = default;
};

struct Graph {
    std::string name;
    std::vector<Value> inputs;  // what a caller feeds; initialisers are not inputs
    std::vector<Value> outputs;
    std::vector<Node> nodes;  // in an order that can be executed
    Weights initializers;
    std::map<std::string, std::string> metadata;  // ONNX metadata_props
    std::string doc;                              // what its author says of it
    bool operator==(const Graph&) const = default;
};

/// The values that `node` reads: its inputs that are not left out, and what its bodies read from around them.
std::vector<std::string> values_read(const Node& node);

/// The graph without nodes and initialisers: its name, inputs, outputs and what is said of it.
Graph interface_of(const Graph& graph);

/// `node "fc1"` (or `node 3 (Gemm)` when it has no name): how messages name a node.
std::string describe(const Node& node);

/// The type of every value, inferred along the nodes. Throws InvalidModel or Unsupported, naming the node.
std::map<std::string, ValueType> infer_types(const Graph& graph);

/// Throws InvalidModel unless: names are unique, every input of a node is defined before it, every operator
/// is known with its arity and attributes, shapes agree, and every graph output exists.
void verify(const Graph& graph);

/// A weight that a pruner may cut.
struct PrunableWeight {
    std::string name;            // of the initialiser
    int output_axis = 0;         // dimension of form.shape that counts outputs: 0 or 1
    double macs_per_weight = 1;  // multiply-adds a weight costs for one example, over all nodes that read it
    std::string scale;           // gamma of the BatchNormalization behind it, an initialiser; "" for none
    WeightForm form = {};        // as its node multiplies with it
    /// Dimension of the initialiser that counts outputs; nothing where none does by itself.
    std::optional<std::size_t> stored_axis = {};
};

/// Weights a pruner may cut by default: initialisers that a node multiplies activations with (Conv,
/// ConvTranspose, Gemm, MatMul on either side, LSTM, GRU, RNN), also where the node reads them through
/// Transpose, Reshape, Unsqueeze, Squeeze, Flatten or Identity; in the order of their nodes, each once.
/// Biases, normalisation parameters and what untrained_weights() finds are not among them. `include` names
/// more, with '*' for any characters: embeddings, the tables of Gather nodes, and untrained weights.
/// Multiply-adds that an open dimension beside the batch decides are NaN.
std::vector<PrunableWeight> prunable(const Graph& graph, const std::vector<std::string>& include = {});
/// Their names alone.
std::vector<std::string> prunable_weights(const Graph& graph, const std::vector<std::string>& include = {});

/// What is multiplied with and was not learned, and is not prunable therefore: the numbers 0, 1, ... of a
/// detector's decoding, tables of sines and cosines, ... By name, with what they are.
std::map<std::string, std::string> untrained_weights(const Graph& graph);

/// Names of constants and how many elements they have; what bodies hold may have the names of others.
using ConstantSizes = std::vector<std::pair<std::string, std::int64_t>>;

/// What may be named to be included.
std::vector<std::string> weights_by_name(const Graph& graph);

/// State that a forward pass of training moves, not a gradient: the running mean and variance of
/// BatchNormalization. Names of initialisers.
std::set<std::string> buffers(const Graph& graph);
/// What training learns by gradient: the floating-point initialisers but buffers, scalars and settings. A
/// scalar is a constant of a formula, such as the bound of a Clip or the ratio of a Dropout; a setting says
/// how to compute, such as the scales of a Resize.
std::set<std::string> parameters(const Graph& graph);

}  // namespace espalier

#pragma GCC visibility pop
