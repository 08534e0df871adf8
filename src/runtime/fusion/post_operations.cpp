#include "runtime/fusion/post_operations.h"

#include <cmath>
#include <numbers>
#include <span>

namespace espalier::runtime {
namespace {

using enum dnnl::algorithm;

constexpr std::size_t kLongestGate = 4;  // nodes between a value and its product with what they make of it

/// Erf, which oneDNN has only as a part of Gelu.
constexpr Function kErf{.algorithm = undef};

bool near(float a, double b) { return std::abs(static_cast<double>(a) - b) < 1e-5; }

bool is_linear(const Function& f, double alpha, double beta) {
    return f.algorithm == eltwise_linear && near(f.alpha, alpha) && near(f.beta, beta);
}

bool is_clip(const Function& f, float low, float high) {
    return f.algorithm == eltwise_clip && f.alpha == low && f.beta == high;
}

/// x * gate(x) as functions of x; none if it is not one that oneDNN has.
std::vector<Function> product_with(std::span<const Function> gate) {
    if (gate.size() == 1 && gate[0].algorithm == eltwise_logistic) return {{eltwise_swish, 1}};
    if (gate.size() == 2 && gate[0].algorithm == eltwise_linear && gate[0].beta == 0 &&
        gate[1].algorithm == eltwise_logistic)
        return {{eltwise_swish, gate[0].alpha}};
    if (gate.size() == 2 && is_linear(gate[0], 1, 3) && is_clip(gate[1], 0, 6))
        return {{eltwise_hardswish}, {eltwise_linear, 6}};
    if (gate.size() == 2 && is_linear(gate[0], 1.0 / 6, 0.5) && is_clip(gate[1], 0, 1))
        return {{eltwise_hardswish}};
    if (gate.size() == 3 && is_linear(gate[0], std::numbers::sqrt2 / 2, 0) && gate[1].algorithm == undef &&
        is_linear(gate[2], 1, 1))
        return {{eltwise_gelu_erf}, {eltwise_linear, 2}};
    return {};
}

bool reads(const Node& node, const std::string& value) {
    return node.inputs.front() == value || node.inputs.back() == value;
}

/// Appends a step; two linear functions are one, and one that changes nothing is none.
void append(std::vector<PostOperation>& steps, const Function& f) {
    if (f.algorithm != eltwise_linear || steps.empty() || steps.back().added ||
        steps.back().function.algorithm != eltwise_linear) {
        steps.push_back({.function = f});
    } else {
        Function& before = steps.back().function;
        before = {eltwise_linear, f.alpha * before.alpha, f.alpha * before.beta + f.beta};
    }
    const Function& last = steps.back().function;
    if (last.algorithm == eltwise_linear && last.alpha == 1 && last.beta == 0) steps.pop_back();
}

}  // namespace

bool PostNodeFinder::keeps_type(const Node& node, const std::string& value) const {
    return types_.at(node.outputs.front()) == types_.at(value);
}

std::optional<PostNodes> PostNodeFinder::single(const std::string& value) const {
    const Node* node = readers_.only(value);
    if (node == nullptr || !keeps_type(*node, value)) return {};
    auto functions = functions_of(*node, value, graph_);
    if (functions.empty()) return {};
    return PostNodes{.nodes = {node}, .functions = std::move(functions)};
}

/// The value is read twice: by nodes that compute a gate from it, and by its product with that.
std::optional<PostNodes> PostNodeFinder::gated(const std::string& value) const {
    const auto& both = readers_.of(value);
    if (both.size() != 2) return {};
    for (const std::size_t first : {0, 1}) {
        const Node* product = both[1 - first];
        if (product->op != "Mul" || !keeps_type(*product, value)) continue;
        PostNodes found{.nodes = {}};
        std::vector<Function> gate;
        std::string at = value;
        for (const Node* node = both[first]; node != nullptr && node != product; node = readers_.only(at)) {
            const auto functions = node->op == "Erf" ? std::vector{kErf} : functions_of(*node, at, graph_);
            if (functions.empty() || !keeps_type(*node, at) || found.nodes.size() == kLongestGate) break;
            gate.insert(gate.end(), functions.begin(), functions.end());
            found.nodes.push_back(node);
            at = node->outputs.front();
        }
        if (at == value || readers_.only(at) != product || !reads(*product, at)) continue;
        found.functions = product_with(gate);
        found.nodes.push_back(product);
        if (!found.functions.empty()) return found;
    }
    return {};
}

std::optional<PostNodes> PostNodeFinder::function(const std::string& value) const {
    auto found = single(value);
    return found ? found : gated(value);
}

std::optional<PostNodes> PostNodeFinder::sum(const std::string& value,
                                             const std::set<std::string>& known) const {
    const Node* node = readers_.only(value);
    if (node == nullptr || node->op != "Add") return {};
    const std::string& other = node->inputs[node->inputs[0] == value ? 1 : 0];
    if (other == value || !known.contains(other) || types_.at(other) != types_.at(value)) return {};
    return PostNodes{.nodes = {node}, .added = other};
}

bool is_linear(const std::vector<Function>& functions) {
    return functions.size() == 1 && functions[0].algorithm == eltwise_linear;
}

bool are_possible(const std::vector<PostOperation>& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            const Function& a = steps[i].function;
            const Function& b = steps[k].function;
            const bool clash = a.algorithm == b.algorithm && (a.alpha != b.alpha || a.beta != b.beta);
            if (clash && !steps[i].added && !steps[k].added) return false;
        }
    }
    return true;
}

std::vector<PostOperation> post_operations_of(const std::vector<PostNodes>& behind, std::size_t first_added) {
    std::vector<PostOperation> steps;
    for (const PostNodes& each : behind) {
        if (!each.added.empty()) steps.push_back({.added = first_added++});
        for (const Function& function : each.functions) append(steps, function);
    }
    return steps;
}

}  // namespace espalier::runtime
