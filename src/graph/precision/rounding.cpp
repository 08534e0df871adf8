#include "graph/precision/rounding.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "graph/analysis/readers.h"
#include "graph/fresh_names.h"
#include "tensor/convert.h"

namespace espalier {
namespace {

constexpr std::string_view kMoves[] = {"Reshape",   "Flatten",  "Transpose", "Squeeze",
                                       "Unsqueeze", "Identity", "MaxPool"};

/// Scale and zero point of a whole tensor.
struct Quantum {
    float scale = 1;
    std::int64_t zero = 0;
    bool operator==(const Quantum&) const = default;
};

/// Of a QuantizeLinear or DequantizeLinear; nothing if they are not two constants of one element.
std::optional<Quantum> quantum_of(const Node& node, const Graph& graph) {
    if (node.attributes.contains("block_size")) return {};
    const auto scale = graph.initializers.find(node.inputs[1]);
    if (scale == graph.initializers.end() || scale->second.count() != 1 ||
        scale->second.dtype() != DType::f32)
        return {};
    Quantum quantum{.scale = scale->second.f32()[0]};
    if (node.inputs.size() < 3 || node.inputs[2].empty()) return quantum;
    const auto zero = graph.initializers.find(node.inputs[2]);
    if (zero == graph.initializers.end() || zero->second.count() != 1) return {};
    quantum.zero = converted(zero->second, DType::i64).as<std::int64_t>()[0];
    return quantum;
}

struct Range {
    float least, most;
};

Range range_of(DType dtype) {
    if (dtype == DType::i8) return {-128, 127};
    if (dtype == DType::u8) return {0, 255};
    if (dtype == DType::i16) return {-32768, 32767};
    return {0, 65535};
}

class Speller {
  public:
    explicit Speller(Graph& graph) : graph_(graph), names_(graph), types_(infer_types(graph)) {}

    void run() {
        std::vector<Node> nodes = std::move(graph_.nodes);
        for (Node& node : nodes) {
            if (node.op == "QuantizeLinear") spell(node);
            if (node.op == "DequantizeLinear" && takes_real(node)) continue;
            if (std::ranges::find(kMoves, node.op) != std::end(kMoves)) move(node);
            out_.push_back(std::move(node));
        }
        graph_.nodes = std::move(out_);
        remove_unread_nodes(graph_);
    }

  private:
    struct Real {
        std::string value;
        Quantum quantum;
    };

    std::string number(const std::string& base, float value) {
        std::string name = names_.fresh(base);
        graph_.initializers.emplace(name, Tensor::of<float>({}, std::vector<float>{value}));
        return name;
    }

    std::string add(const Node& node, const char* op, std::vector<std::string> inputs) {
        std::string name = names_.fresh(node.outputs[0] + "." + op);
        out_.push_back(
            {.name = node.name, .op = op, .inputs = std::move(inputs), .outputs = {name}, .attributes = {}});
        return name;
    }

    /// A Relu before it does nothing that the lower bound does not do.
    std::string without_relu(const std::string& x) const {
        for (auto node = out_.rbegin(); node != out_.rend(); ++node) {
            if (node->outputs[0] == x) return node->op == "Relu" ? node->inputs[0] : x;
        }
        return x;
    }

    void spell(const Node& node) {
        const auto quantum = quantum_of(node, graph_);
        if (!quantum || types_.at(node.inputs[0]).dtype != DType::f32) return;
        const Range range = range_of(types_.at(node.outputs[0]).dtype);
        const auto zero = static_cast<float>(quantum->zero);
        const std::string& q = node.outputs[0];
        const float least = range.least - zero;
        const std::string x = least == 0 ? without_relu(node.inputs[0]) : node.inputs[0];
        const std::string scaled = add(node, "Mul", {x, number(q + ".steps", 1 / quantum->scale)});
        const std::string whole = add(node, "Round", {scaled});
        const std::string bounded =
            add(node, "Clip", {whole, number(q + ".least", least), number(q + ".most", range.most - zero)});
        reals_[q] = {add(node, "Mul", {bounded, number(q + ".scale", quantum->scale)}), *quantum};
    }

    bool takes_real(const Node& node) {
        const auto real = reals_.find(node.inputs[0]);
        if (real == reals_.end() || quantum_of(node, graph_) != real->second.quantum) return false;
        if (types_.at(node.outputs[0]).dtype != DType::f32) return false;
        out_.push_back({.name = node.name,
                        .op = "Identity",
                        .inputs = {real->second.value},
                        .outputs = node.outputs,
                        .attributes = {}});
        return true;
    }

    void move(const Node& node) {
        const auto real = reals_.find(node.inputs[0]);
        if (real == reals_.end() || node.outputs.size() != 1) return;
        Node twin = node;
        twin.inputs[0] = real->second.value;
        twin.outputs[0] = names_.fresh(node.outputs[0] + ".real");
        reals_[node.outputs[0]] = {twin.outputs[0], real->second.quantum};
        out_.push_back(std::move(twin));
    }

    Graph& graph_;
    FreshNames names_;
    std::map<std::string, ValueType> types_;
    std::map<std::string, Real> reals_;  // of quantised values
    std::vector<Node> out_;
};

bool is_one(const Dims& dims) {
    return dims.empty() || (dims.size() == 1 && dims[0].is_fixed() && dims[0].size() == 1);
}

/// Operand `index` of the product less its zero point, as f32: a DequantizeLinear with a scale of 1.
Node centred(const Node& node, std::size_t index, Graph& graph, const Dims& zeros, FreshNames& names) {
    const bool each = !is_one(zeros);
    const Shape shape = each ? Shape{zeros[0].size()} : Shape{};
    Tensor ones(DType::f32, shape);
    std::ranges::fill(ones.f32(), 1.0F);
    const std::string scale = names.fresh(node.outputs[0] + ".one");
    graph.initializers.emplace(scale, std::move(ones));
    Node made{.name = node.name,
              .op = "DequantizeLinear",
              .inputs = {node.inputs[index], scale},
              .outputs = {names.fresh(node.outputs[0] + ".operand")},
              .attributes = {}};
    if (index + 2 < node.inputs.size() && !node.inputs[index + 2].empty())
        made.inputs.push_back(node.inputs[index + 2]);
    if (each) made.attributes["axis"] = std::int64_t{node.op == "MatMulInteger" ? -1 : 0};
    return made;
}

}  // namespace

void spell_integer_products(Graph& graph, const std::set<std::string>& kept) {
    const auto is_product = [&](const Node& node) {
        return (node.op == "MatMulInteger" || node.op == "ConvInteger") && !kept.contains(node.outputs[0]);
    };
    if (std::ranges::none_of(graph.nodes, is_product)) return;
    FreshNames names(graph);
    const auto types = infer_types(graph);
    std::vector<Node> out;
    for (Node& node : graph.nodes) {
        const auto zeros = [&](std::size_t index) {
            const bool given = index < node.inputs.size() && !node.inputs[index].empty();
            return given ? types.at(node.inputs[index]).dims : Dims{};
        };
        const bool fits = is_product(node) && graph.initializers.contains(node.inputs[1]) &&
                          is_one(zeros(2)) && (is_one(zeros(3)) || zeros(3)[0].is_fixed());
        if (!fits) {
            out.push_back(std::move(node));
            continue;
        }
        const Node a = centred(node, 0, graph, zeros(2), names);
        const Node b = centred(node, 1, graph, zeros(3), names);
        const std::string product = names.fresh(node.outputs[0] + ".product");
        const std::string whole = names.fresh(node.outputs[0] + ".whole");
        out.push_back(a);
        out.push_back(b);
        out.push_back({.name = node.name,
                       .op = node.op == "MatMulInteger" ? "MatMul" : "Conv",
                       .inputs = {a.outputs[0], b.outputs[0]},
                       .outputs = {product},
                       .attributes = node.attributes});
        out.push_back(
            {.name = node.name, .op = "Round", .inputs = {product}, .outputs = {whole}, .attributes = {}});
        out.push_back({.name = node.name,
                       .op = "Cast",
                       .inputs = {whole},
                       .outputs = node.outputs,
                       .attributes = {{"to", std::int64_t{6}}}});
    }
    graph.nodes = std::move(out);
}

void spell_rounding(Graph& graph) {
    const bool any =
        std::ranges::any_of(graph.nodes, [](const Node& node) { return node.op == "QuantizeLinear"; });
    if (any) Speller(graph).run();
}

}  // namespace espalier
