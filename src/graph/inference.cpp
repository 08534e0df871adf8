#include "graph/inference.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "graph/evaluation.h"

namespace espalier {
namespace {

// Values that shapes are computed with are short; a node whose inputs or outputs are longer is left to
// whoever runs it.
constexpr std::int64_t kSmall = 1024;

bool is_small(const ValueType& type) {
    std::int64_t count = 1;
    for (const Dim& dim : type.dims) {
        if (!dim.is_fixed() || dim.size() > kSmall) return false;
        count *= dim.size();
        if (count > kSmall) return false;
    }
    return true;
}

std::vector<std::int64_t> numbers_of(const Elements& elements) {
    std::vector<std::int64_t> numbers;
    for (const Element& element : elements) {
        if (!element.number) return {};
        numbers.push_back(*element.number);
    }
    return numbers;
}

}  // namespace

const Tensor* Inference::known(const std::string& value) const {
    if (const auto found = constants_.find(value); found != constants_.end()) return &found->second;
    if (const auto found = computed_.find(value); found != computed_.end()) return &found->second;
    return nullptr;
}

std::vector<Input> Inference::inputs_of(const Node& node) const {
    std::vector<Input> inputs;
    for (const std::string& name : node.inputs) {
        Input& input = inputs.emplace_back();
        if (name.empty()) continue;
        const auto at = types_.find(name);
        if (at == types_.end()) {
            throw InvalidModel(
                fmt::format("{}: input \"{}\" is not defined before it", describe(node), name));
        }
        input.type = &at->second;
        input.tensor = known(name);
        const auto partly = elements_.find(name);
        if (partly != elements_.end()) input.elements = &partly->second;
    }
    return inputs;
}

void Inference::infer(const Node& node) {
    const Operator& op = operator_of(node);
    std::vector<ValueType> outputs(op.room_for(node));
    InferContext context(node, inputs_of(node), outputs);
    op.infer(context);
    compute(node, op, context, outputs);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        const std::string& name = node.outputs[i];
        if (name.empty() || types_.emplace(name, outputs[i]).second) continue;
        throw InvalidModel(fmt::format("{}: value \"{}\" is defined twice", describe(node), name));
    }
}

void Inference::compute(const Node& node, const Operator& op, const InferContext& context,
                        const std::vector<ValueType>& outputs) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (!is_small(outputs[i])) return;
    }
    std::vector<const Tensor*> inputs;
    bool all = op.evaluate != nullptr && !op.heavy && !node.inputs.empty();
    for (std::size_t i = 0; all && i < node.inputs.size(); ++i) {
        inputs.push_back(context.has_input(i) ? context.constant(i) : nullptr);
        all = !context.has_input(i) || (inputs.back() != nullptr && inputs.back()->count() <= kSmall);
    }
    if (all) {
        std::vector<Tensor> results = evaluate(node, inputs);
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            if (!node.outputs[i].empty()) computed_.insert_or_assign(node.outputs[i], std::move(results[i]));
        }
        return;
    }
    if (op.trace == nullptr || outputs[0].dtype != DType::i64 || outputs[0].dims.size() > 1) return;
    auto elements = op.trace(context);
    if (!elements) return;
    const auto numbers = numbers_of(*elements);
    if (numbers.size() != elements->size()) {
        elements_.insert_or_assign(node.outputs[0], std::move(*elements));
        return;
    }
    const Shape shape(outputs[0].dims.size(), std::ssize(numbers));
    computed_.insert_or_assign(node.outputs[0], Tensor::of<std::int64_t>(shape, numbers));
}

}  // namespace espalier
