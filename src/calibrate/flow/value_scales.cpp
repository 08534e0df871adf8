#include "calibrate/flow/value_scales.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "espalier/error.h"
#include "graph/analysis/weight_forms.h"
#include "graph/fresh_names.h"

namespace espalier::calibrate {
namespace {

using Names = std::set<std::string, std::less<>>;

/// Scales of what they read multiply.
const Names kProducts = {"Conv", "ConvTranspose", "Gemm", "MatMul", "Mul"};
/// f(a x, a y) = a f(x, y) for a > 0, beside what only moves elements.
const Names kFollowing = {"Abs",           "Add",       "AveragePool", "GlobalAveragePool",
                          "GlobalMaxPool", "LeakyRelu", "Max",         "MaxPool",
                          "Mean",          "Min",       "Neg",         "ReduceL1",
                          "ReduceL2",      "ReduceMax", "ReduceMean",  "ReduceMin",
                          "ReduceSum",     "Relu",      "Resize",      "Sub",
                          "Sum",           "Where",     "Dropout",     "Cast",
                          "CumSum"};
/// All but so for large values: f(2^100 x) is 2^100 f(x) to every digit.
const Names kFollowingFarOut = {"Celu", "Elu", "Gelu", "HardSwish", "Mish", "Selu", "Softplus"};
/// Say nothing more of a value the larger it is.
const Names kBounded = {"Erf", "HardSigmoid", "Sigmoid", "Softsign", "Tanh"};

/// What is larger is taken for this.
constexpr int kFarOut = 100;

bool is_zero(const Tensor& tensor) {
    return tensor.dtype() == DType::f32 &&
           std::ranges::all_of(tensor.f32(), [](float value) { return value == 0; });
}

class Scaler {
  public:
    explicit Scaler(Graph graph) : names_(graph), types_(infer_types(graph)), graph_(std::move(graph)) {
        for (const auto& [name, tensor] : graph_.initializers) {
            if (is_zero(tensor)) zeros_.insert(name);
        }
    }

    ScaledNetwork scaled(Gains& gains) && {
        divide_weights(gains);
        std::vector<Node> nodes;
        nodes.swap(graph_.nodes);
        for (const Node& node : nodes) visit(node);
        return {std::move(graph_), std::move(exponents_), std::move(layers_)};
    }

  private:
    int exponent_of(const std::string& value) const {
        const auto found = exponents_.find(value);
        return found == exponents_.end() ? 0 : found->second;
    }

    bool is_real(const std::string& value) const {
        return !value.empty() && types_.at(value).dtype == DType::f32;
    }

    void divide_weights(Gains& gains) {
        const WeightForms forms(graph_);
        for (const Node& node : graph_.nodes) {
            if (!kProducts.contains(node.op)) continue;
            for (const WeightRead& read : forms.read_by(node)) {
                const Tensor& weight = graph_.initializers.at(read.weight);
                if (weight.dtype() != DType::f32 || exponents_.contains(read.weight)) continue;
                if (!gains.contains(read.weight)) gains.emplace(read.weight, guess(weight, read));
                exponents_.emplace(read.weight, gains.at(read.weight));
                layers_.push_back(
                    {read.weight, node.inputs[1 - std::min<std::size_t>(read.input, 1)], node.outputs[0]});
            }
        }
        for (const auto& [name, gain] : exponents_) {
            const double factor = std::ldexp(1.0, -gain);
            for (float& value : graph_.initializers.at(name).f32())
                value = static_cast<float>(value * factor);
        }
    }

    /// The mean over the outputs of what they sum.
    int guess(const Tensor& weight, const WeightRead& read) {
        double sum = 0;
        for (const float value : weight.f32()) sum += value;
        const Shape& shape = read.form.shape.empty() ? read.seen : read.form.shape;
        const auto outputs = static_cast<double>(shape[static_cast<std::size_t>(read.output_axis)]);
        if (!(sum > 0)) return 0;
        // What one is rounded by the next makes up for, so that a thousand layers stay near 1.
        const double exact = std::log2(sum / outputs) + left_over_;
        const double gain = std::round(exact);
        left_over_ = exact - gain;
        return static_cast<int>(gain);
    }

    /// What a node reads of real numbers that are not all 0: those have every scale.
    std::vector<std::size_t> real_inputs(const Node& node) const {
        std::vector<std::size_t> inputs;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (is_real(node.inputs[i]) && !zeros_.contains(node.inputs[i])) inputs.push_back(i);
        }
        return inputs;
    }

    /// The name of value * 2^exponent, given by a new node.
    std::string multiplied(const std::string& value, int exponent, const std::string& product) {
        const std::string factor = names_.fresh(fmt::format("{}.two_to_{}", value, exponent));
        graph_.initializers.emplace(factor, Tensor::of<float>({}, {std::ldexp(1.0F, exponent)}));
        graph_.nodes.push_back({product, "Mul", {value, factor}, {product}, {}});
        return product;
    }
    void multiply(std::string& value, int exponent) {
        if (exponent != 0) value = multiplied(value, exponent, names_.fresh(value + ".scaled"));
    }

    void give(Node node, int exponent) {
        for (const std::string& output : node.outputs) {
            if (is_real(output) && exponent != 0) exponents_[output] = exponent;
        }
        graph_.nodes.push_back(std::move(node));
    }

    void visit(const Node& node) {
        const std::vector<std::size_t> inputs = real_inputs(node);
        const bool moves = only_moves(node.op) || operator_of(node).moves > 0;
        if (inputs.empty() && moves) zeros_.insert(node.outputs.begin(), node.outputs.end());
        if (inputs.empty() || node.op == "Shape" || node.op == "Size") return give(node, 0);
        if (kProducts.contains(node.op)) return visit_product(node, inputs);
        if (node.op == "Div" && inputs.size() == 2)
            return give(node, exponent_of(node.inputs[0]) - exponent_of(node.inputs[1]));
        if (node.op == "PRelu" && exponent_of(node.inputs[1]) == 0)
            return give(node, exponent_of(node.inputs[0]));
        if (moves || (kFollowing.contains(node.op) && is_real(node.outputs[0])))
            return visit_following(node, inputs);
        if (kFollowingFarOut.contains(node.op)) return visit_following_far_out(node);
        visit_function(node, inputs);
    }

    /// What is added behind a product takes part in its scale.
    void visit_product(Node node, const std::vector<std::size_t>& inputs) {
        int exponent = 0;
        for (const std::size_t i : inputs) exponent += i < 2 ? exponent_of(node.inputs[i]) : 0;
        if (inputs.back() == 2) {
            const int added = exponent_of(node.inputs[2]);
            const int largest = std::max(exponent, added);
            multiply(node.inputs[0], exponent - largest);
            multiply(node.inputs[2], added - largest);
            exponent = largest;
        }
        give(std::move(node), exponent);
    }

    void visit_following(Node node, const std::vector<std::size_t>& inputs) {
        int largest = exponent_of(node.inputs[inputs.front()]);
        for (const std::size_t i : inputs) largest = std::max(largest, exponent_of(node.inputs[i]));
        for (const std::size_t i : inputs) multiply(node.inputs[i], exponent_of(node.inputs[i]) - largest);
        give(std::move(node), largest);
    }

    /// f(2^n x) 2^-n, at the scale that x had.
    void visit_following_far_out(Node node) {
        const int exponent = exponent_of(node.inputs[0]);
        if (exponent == 0) return give(std::move(node), 0);
        const int near = std::clamp(exponent, -kFarOut, kFarOut);
        multiply(node.inputs[0], near);
        const std::string result = node.outputs[0];
        node.outputs[0] = names_.fresh(result + ".unscaled");
        graph_.nodes.push_back(node);
        multiplied(node.outputs[0], -near, result);
        exponents_[result] = exponent;
    }

    void visit_function(Node node, const std::vector<std::size_t>& inputs) {
        for (const std::string& value : values_read(node)) {
            const int exponent = exponent_of(value);
            const bool is_input = std::ranges::find(node.inputs, value) != node.inputs.end();
            if (exponent == 0 || (is_input && (std::abs(exponent) <= kFarOut || kBounded.contains(node.op))))
                continue;
            throw Unsupported(
                fmt::format("{}: synaptic flow is about 2^{} there, a scale that {} does not follow",
                            describe(node), exponent, node.op));
        }
        for (const std::size_t i : inputs)
            multiply(node.inputs[i], std::clamp(exponent_of(node.inputs[i]), -kFarOut, kFarOut));
        give(std::move(node), 0);
    }

    FreshNames names_;
    std::map<std::string, ValueType> types_;
    Graph graph_;
    std::set<std::string> zeros_;
    std::map<std::string, int> exponents_;
    std::vector<ScaledNetwork::Layer> layers_;
    double left_over_ = 0;  // of gains so far
};

}  // namespace

ScaledNetwork with_scaled_values(Graph graph, Gains& gains) { return Scaler(std::move(graph)).scaled(gains); }

}  // namespace espalier::calibrate
