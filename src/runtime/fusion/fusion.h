// Nodes that are computed together: a product with what follows it, the Add of a constant or a
// BatchNormalization that its weights take in, functions of each element, and the sum with another value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "runtime/attention/attention_pattern.h"
#include "runtime/compile/compile_steps.h"
#include "runtime/fusion/integer_layers.h"
#include "runtime/fusion/layer_norm_pattern.h"
#include "runtime/fusion/post_operations.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

struct Group {
    const Node* node = nullptr;
    const Lowering* lowering = nullptr;
    const Node* add = nullptr;           // a constant, taken into the weights; or null
    const Node* norm = nullptr;          // likewise
    std::vector<PostNodes> linear = {};  // likewise: sums and products with one number
    std::vector<PostNodes> behind = {};
    std::optional<LayerNormPattern> layer_norm = {};  // `node` is made up: it stands for several
    std::optional<IntegerLayer> integers = {};        // likewise
    std::optional<AttentionPattern> attention = {};   // likewise

    /// The value that leaves the group.
    const std::string& output() const {
        if (!behind.empty()) return behind.back().nodes.back()->outputs.front();
        if (!linear.empty()) return linear.back().nodes.back()->outputs.front();
        return (norm ? norm : add ? add : node)->outputs.front();
    }
    bool is_made_up() const { return layer_norm || integers || attention; }
    /// What the step reads: the inputs of the node that are not left out, and values that are added.
    std::vector<std::string> reads() const;
    /// All nodes but the first, in the order of execution.
    std::vector<const Node*> fused() const;
    /// The values that decide what weights the group has: what the nodes give that its weights absorb, and
    /// the constants that these read.
    std::vector<std::string> absorbed(const Graph& graph) const;
};

/// Groups in the order of execution. A value that is read elsewhere, or is an output of the graph, is never
/// fused away. Steps of compiling that `log` leaves out are left
/// out; attention is fused in f32 alone. Throws Unsupported for a node that the runtime cannot run.
std::vector<Group> fuse(const Graph& graph, const std::map<std::string, ValueType>& types, CompileLog& log,
                        Precision precision = Precision::f32);

/// The constant operand of an Add node, or null if both vary.
const Tensor* constant_operand(const Node& add, const Graph& graph);

}  // namespace espalier::runtime
