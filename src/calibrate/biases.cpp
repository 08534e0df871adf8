#include "calibrate/biases.h"

#include <algorithm>

#include "espalier/error.h"
#include "graph/analysis/readers.h"
#include "graph/fresh_names.h"
#include "graph/op.h"

namespace espalier::calibrate {
namespace {

bool multiplies(const Node& node, const std::set<std::string>& weights) {
    const bool is_layer = node.op == "Conv" || node.op == "Gemm" || node.op == "MatMul";
    return is_layer && node.inputs.size() > 1 && weights.contains(node.inputs[1]);
}

std::int64_t outputs_of(const Graph& graph, const Node& node) {
    const Shape& shape = graph.initializers.at(node.inputs[1]).shape();
    return shape[static_cast<std::size_t>(ops().get(node.op).output_axis(node))];
}

/// The operand of `add` that is an initialiser with a number for each output; -1: none.
int constant_operand(const Graph& graph, const Node& add, std::int64_t outputs) {
    for (int i = 0; i < 2; ++i) {
        const auto found = graph.initializers.find(add.inputs[static_cast<std::size_t>(i)]);
        if (found == graph.initializers.end() || found->second.dtype() != DType::f32) continue;
        const Shape& shape = found->second.shape();
        if (found->second.count() == outputs && !shape.empty() && shape.back() == outputs) return i;
    }
    return -1;
}

/// The Add behind a MatMul whose constant is its bias; null: none.
const Node* add_behind(const Graph& graph, const Node& product, std::int64_t outputs) {
    const Node* only = Readers(graph).only(product.outputs[0]);
    if (only == nullptr || only->op != "Add" || is_output(graph, product.outputs[0])) return nullptr;
    return constant_operand(graph, *only, outputs) >= 0 ? only : nullptr;
}

class Giver {
  public:
    Giver(Graph& graph, const std::set<std::string>& weights)
        : graph_(graph), weights_(weights), names_(graph) {}

    void run() {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            if (!multiplies(graph_.nodes[i], weights_)) continue;
            if (graph_.nodes[i].op == "MatMul") {
                give_to_product(i);
            } else {
                give_to_layer(graph_.nodes[i]);
            }
        }
        remove_unread_initializers(graph_);
    }

  private:
    std::string own(const std::string& weight, Tensor values) {
        const std::string name = names_.fresh(weight + "_bias");
        graph_.initializers.emplace(name, std::move(values));
        return name;
    }

    void give_to_layer(Node& node) {
        const std::int64_t outputs = outputs_of(graph_, node);
        Tensor bias(DType::f32, {outputs});
        if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
            const auto found = graph_.initializers.find(node.inputs[2]);
            const std::int64_t count = found == graph_.initializers.end() ? 0 : found->second.count();
            if (count != outputs && count != 1)
                throw Unsupported(describe(node) + ": its bias is no constant with a number for each output");
            for (std::int64_t o = 0; o < outputs; ++o)
                bias.f32()[static_cast<std::size_t>(o)] =
                    found->second.f32()[static_cast<std::size_t>(count == 1 ? 0 : o)];
        }
        node.inputs.resize(3);
        node.inputs[2] = own(node.inputs[1], std::move(bias));
        if (node.op == "Gemm" && node.attribute_float("beta", 1) == 0) {
            for (float& value : graph_.initializers.at(node.inputs[2]).f32()) value = 0;
            node.attributes.erase("beta");
        }
    }

    void give_to_product(std::size_t at) {
        const Node& product = graph_.nodes[at];
        const std::int64_t outputs = outputs_of(graph_, product);
        if (const Node* add = add_behind(graph_, product, outputs)) {
            const auto operand = static_cast<std::size_t>(constant_operand(graph_, *add, outputs));
            const auto place = static_cast<std::size_t>(add - graph_.nodes.data());
            graph_.nodes[place].inputs[operand] =
                own(product.inputs[1], graph_.initializers.at(add->inputs[operand]));
            return;
        }
        Node add;
        if (!product.name.empty()) add.name = product.name + "_bias";
        add.op = "Add";
        add.outputs = product.outputs;
        const std::string plain = names_.fresh(product.outputs[0] + "_plain");
        add.inputs = {plain, own(product.inputs[1], Tensor(DType::f32, {outputs}))};
        graph_.nodes[at].outputs = {plain};
        graph_.nodes.insert(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(add));
    }

    Graph& graph_;
    const std::set<std::string>& weights_;
    FreshNames names_;
};

}  // namespace

void give_biases(Graph& graph, const std::set<std::string>& weights) { Giver(graph, weights).run(); }

void shift_outputs(Graph& graph, const Node& reader, const std::vector<double>& shift) {
    std::string bias;
    double factor = 1;
    if (reader.op == "MatMul") {
        const Node* add = add_behind(graph, reader, static_cast<std::int64_t>(shift.size()));
        ESPALIER_ASSERT(add != nullptr);
        bias = add->inputs[static_cast<std::size_t>(
            constant_operand(graph, *add, static_cast<std::int64_t>(shift.size())))];
    } else {
        bias = reader.inputs.at(2);
        if (reader.op == "Gemm")
            factor = reader.attribute_float("alpha", 1) / reader.attribute_float("beta", 1);
    }
    const std::span<float> values = graph.initializers.at(bias).f32();
    ESPALIER_ASSERT(values.size() == shift.size());
    for (std::size_t o = 0; o < shift.size(); ++o) values[o] += static_cast<float>(factor * shift[o]);
}

}  // namespace espalier::calibrate
