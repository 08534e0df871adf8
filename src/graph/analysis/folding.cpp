#include "graph/analysis/folding.h"

#include <algorithm>

#include "graph/evaluation.h"

namespace espalier {
namespace {

constexpr std::int64_t kSmall = 1 << 16;  // elements that may come out of nothing

// A weight may pass a Transpose, a Reshape and a Cast before a layer reads it.
constexpr std::int64_t kTimesTheGraph = 4;
constexpr std::int64_t kBesides = 1 << 22;

/// Of all of them; -1 if a dimension is open.
double elements_of(std::span<const ValueType> values) {
    double all = 0;
    for (const ValueType& value : values) {
        if (!value.is_ranked) return -1;
        double count = 1;
        for (const Dim& dim : value.dims) {
            if (!dim.is_fixed()) return -1;
            count *= static_cast<double>(dim.size());
        }
        all += count;
    }
    return all;
}

}  // namespace

FoldingBudget::FoldingBudget(const Weights& constants) : left_(kBesides) {
    for (const auto& [name, tensor] : constants) left_ += kTimesTheGraph * tensor.count();
}

bool FoldingBudget::take(std::span<const Tensor* const> inputs, std::span<const ValueType> outputs) {
    std::int64_t read = 0;
    for (const Tensor* input : inputs) {
        if (input != nullptr) read += input->count();
    }
    const double made = elements_of(outputs);
    if (made < 0) return read <= kSmall;
    if (made > static_cast<double>(read + kSmall) || made > static_cast<double>(left_)) return false;
    left_ -= static_cast<std::int64_t>(made);
    return true;
}

Folding::Folding(const Graph& graph, const Weights& constants, const FoldingRule& rule)
    : constants_(constants), rule_(rule), budget_(constants), inference_(constants) {
    for (const Value& input : graph.inputs) inference_.define(input.name, input.type);
    for (const auto& [name, tensor] : graph.initializers)
        inference_.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    for (const auto& [name, tensor] : constants) {
        if (!graph.initializers.contains(name))
            inference_.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    }
}

const Tensor* Folding::known(const std::string& value) const {
    return constants_.contains(value) || folded_.contains(value) ? inference_.known(value) : nullptr;
}

bool Folding::is_allowed(const Node& node) const {
    if (rule_.stays != nullptr && rule_.stays->contains(node.outputs[0])) return false;
    return (rule_.random || node.op != "Dropout") && (rule_.heavy || !operator_of(node).heavy);
}

bool Folding::fold(const Node& node) {
    inference_.infer(node);
    if (!is_allowed(node)) return false;
    const auto follows = [&](const std::string& output) {
        return output.empty() || inference_.known(output) != nullptr;
    };
    const bool by_constants = compute(node);
    if (!by_constants && !(rule_.shapes && std::ranges::all_of(node.outputs, follows))) return false;
    used_shapes_ |= !by_constants;
    for (const std::string& output : node.outputs) {
        if (!output.empty()) folded_.insert(output);
    }
    return true;
}

/// Of a node that reads constants alone.
bool Folding::compute(const Node& node) {
    if (operator_of(node).evaluate == nullptr) return false;
    std::vector<const Tensor*> operands;
    for (const std::string& input : node.inputs) {
        operands.push_back(input.empty() ? nullptr : known(input));
        if (!input.empty() && operands.back() == nullptr) return false;
    }
    std::vector<ValueType> given;
    for (const std::string& output : node.outputs) {
        if (!output.empty()) given.push_back(inference_.types().at(output));
    }
    if (!budget_.take(operands, given)) return false;
    std::vector<Tensor> outputs = evaluate(node, operands);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!node.outputs[i].empty()) inference_.learn(node.outputs[i], std::move(outputs[i]));
    }
    return true;
}

Weights Folding::take_computed() {
    Weights computed = std::move(inference_).take_computed();
    std::erase_if(computed, [&](const auto& entry) { return !folded_.contains(entry.first); });
    return computed;
}

}  // namespace espalier
