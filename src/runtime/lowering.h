// How a node becomes a kernel. One file in lowerings/ an operator, which names the ways to compute it.
#pragma once

#include <optional>
#include <vector>

#include "base/table.h"
#include "espalier/graph.h"
#include "espalier/runtime.h"
#include "graph/computation/channel_affine.h"
#include "graph/op.h"
#include "runtime/execute/kernel.h"
#include "runtime/fusion/eltwise_function.h"
#include "runtime/weights/weight_cache.h"

namespace espalier::runtime {

/// What is known of an operand before anything runs.
struct OperandInfo {
    Shape shape;
    const Tensor* constant = nullptr;  // the initialiser, if it is one
    DType dtype = DType::f32;
};

/// What a lowering sees of a node: its place in the graph for one set of input shapes.
struct LoweringContext {
    const Node& node;
    std::vector<OperandInfo> operands;  // those that are not left out
    Shape output;
    std::vector<Shape> outputs;         // of all outputs that have a name
    DType dtype = DType::f32;           // of the first of them
    const Tensor* added = nullptr;      // constant of an Add that was fused behind, one value a column
    std::optional<ChannelAffine> norm;  // a BatchNormalization and the like, to be folded into the weights
    std::vector<PostOperation> after;   // computed behind, step by step
    std::vector<OperandInfo> summands;  // what `after` adds: operands of the step behind the others
    WeightSlot& weights;
    const Graph& graph;
    Precision precision = Precision::f32;  // that candidates may compute in
};

/// What the kernels of an operator can compute behind it, on each element of the output.
enum class Fuses : unsigned char { nothing, functions, everything };

struct Lowering {
    std::string_view name;  // the ONNX operator
    std::string_view summary;
    /// At least one way to compute the node; the first one is dense. Throws Unsupported.
    std::vector<Candidate> (*candidates)(const LoweringContext& site) = nullptr;
    /// Whether it can compute the node if all of its values are f32; null: always. What it cannot is left to
    /// the plain computation of the operator.
    bool (*takes)(const Node& node, const std::map<std::string, ValueType>& types,
                  const Graph& graph) = nullptr;
    /// Inputs from this one on must be constants, of any type: they say how to compute.
    std::size_t data_inputs = kAnyNumber;
    /// Its kernels give every output that the node has (of Kernel::run), not only the first.
    bool all_outputs = false;
    /// `takes` looks at types itself, or any that the operator allows will do; else all values must be f32.
    bool any_types = false;
    bool view = false;  // the output is the first input under another shape: nothing to compute
    Fuses fuses = Fuses::nothing;
    bool fuses_add = false;  // with a constant, when the node's second input is a constant matrix
    /// Whether this node's weights can take in a BatchNormalization with constant parameters; null: never.
    bool (*takes_batch_norm)(const Node& node, const Graph& graph) = nullptr;
    /// What the node computes of each element of its one varying input, and can be computed behind the
    /// operation that gives it; see functions_of().
    std::vector<Function> (*functions)(const Node& node, const Graph& graph) = nullptr;
};

/// Operators with a fast form, of f32: the files of lowerings/. Any other node runs by its plain computation.
const Table<Lowering>& lowerings();

}  // namespace espalier::runtime
