#include "train/executor/constant_folding.h"

#include <algorithm>

#include "graph/evaluation.h"

namespace espalier::train {
namespace {

bool is_named(const std::string& value) { return !value.empty(); }

}  // namespace

std::vector<std::int64_t> integers(const at::Tensor& input) {
    const at::Tensor whole = input.to(at::kCPU, at::kLong).contiguous();
    return {whole.data_ptr<std::int64_t>(), whole.data_ptr<std::int64_t>() + whole.numel()};
}

std::vector<at::Tensor> compute_plainly(const Node& node, std::span<const at::Tensor> inputs) {
    std::vector<Tensor> given;
    given.reserve(inputs.size());
    std::vector<const Tensor*> operands;
    at::Device device = at::kCPU;
    for (const at::Tensor& input : inputs) {
        operands.push_back(input.defined() ? &given.emplace_back(from_torch(input.cpu())) : nullptr);
        if (input.defined() && !input.is_cpu()) device = input.device();
    }
    std::vector<at::Tensor> outputs;
    for (const Tensor& output : evaluate(node, operands)) {
        const at::Tensor made = to_torch(output);
        outputs.push_back(made.is_floating_point() ? made.to(device) : made);
    }
    return outputs;
}

Folding::Folding(const Graph& graph, const Weights& constants)
    : constants_(constants), budget_(constants), inference_(constants) {
    for (const Value& input : graph.inputs) inference_.define(input.name, input.type);
    for (const auto& [name, tensor] : graph.initializers)
        inference_.define(name, {tensor.dtype(), to_dims(tensor.shape())});
}

const Tensor* Folding::known(const std::string& value) const {
    const auto constant = constants_.find(value);
    if (constant != constants_.end()) return &constant->second;
    const auto computed = computed_.find(value);
    return computed == computed_.end() ? nullptr : &computed->second;
}

bool Folding::fold(const Node& node) {
    inference_.infer(node);
    if (node.op == "Dropout") return false;  // random in training
    if (compute(node)) return true;
    const auto known = [&](const std::string& output) {
        return output.empty() || inference_.known(output) != nullptr;
    };
    if (!std::ranges::all_of(node.outputs, known)) return false;
    for (const std::string& output : node.outputs) {
        if (!output.empty()) computed_.insert_or_assign(output, *inference_.known(output));
    }
    used_shapes_ = true;
    return true;
}

/// Of a node that reads constants alone.
bool Folding::compute(const Node& node) {
    std::vector<const Tensor*> operands;
    for (const std::string& input : node.inputs) {
        operands.push_back(is_named(input) ? known(input) : nullptr);
        if (is_named(input) && operands.back() == nullptr) return false;
    }
    if (operator_of(node).evaluate == nullptr) return false;
    std::vector<ValueType> given;
    for (const std::string& output : node.outputs) {
        if (is_named(output)) given.push_back(inference_.types().at(output));
    }
    if (!budget_.take(operands, given)) return false;
    std::vector<Tensor> outputs = evaluate(node, operands);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (is_named(node.outputs[i])) computed_.insert_or_assign(node.outputs[i], std::move(outputs[i]));
    }
    return true;
}

}  // namespace espalier::train
