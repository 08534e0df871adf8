#include "graph/analysis/inference.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "graph/evaluation.h"

namespace espalier {
namespace {

// Values that shapes are computed with are short; a node whose inputs or outputs are longer is left to
// whoever runs it.
constexpr std::int64_t kFewElements = 1024;

bool is_small(const ValueType& type) {
    if (!type.is_ranked) return false;
    std::int64_t count = 1;
    for (const Dim& dim : type.dims) {
        if (!dim.is_fixed() || dim.size() > kFewElements) return false;
        count *= dim.size();
        if (count > kFewElements) return false;
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

void Inference::enter(const Weights& constants) {
    bodies_.push_back({.constants = &constants, .own = {}, .types = {}, .computed = {}, .elements = {}});
}

void Inference::leave() {
    Body& body = bodies_.back();
    for (const std::string& name : body.own) {
        types_.erase(name);
        computed_.erase(name);
        elements_.erase(name);
    }
    types_.merge(body.types);
    computed_.merge(body.computed);
    elements_.merge(body.elements);
    bodies_.pop_back();
}

void Inference::hide(const std::string& name) {
    if (bodies_.empty()) return;
    Body& body = bodies_.back();
    if (!body.own.insert(name).second) return;
    if (auto hidden = types_.extract(name)) body.types.insert(std::move(hidden));
    if (auto hidden = computed_.extract(name)) body.computed.insert(std::move(hidden));
    if (auto hidden = elements_.extract(name)) body.elements.insert(std::move(hidden));
}

void Inference::define(const std::string& name, ValueType type) {
    hide(name);
    types_.insert_or_assign(name, std::move(type));
}

void Inference::learn(const std::string& name, Tensor tensor) {
    define(name, {tensor.dtype(), to_dims(tensor.shape())});
    computed_.insert_or_assign(name, std::move(tensor));
}

const Tensor* Inference::known(const std::string& value) const {
    for (auto body = bodies_.rbegin(); body != bodies_.rend(); ++body) {
        if (!body->own.contains(value)) continue;
        const auto constant = body->constants->find(value);
        if (constant != body->constants->end()) return &constant->second;
        const auto found = computed_.find(value);
        return found == computed_.end() ? nullptr : &found->second;
    }
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
    InferContext context(node, inputs_of(node), outputs, this);
    if (context.is_ranked()) {
        op.infer(context);
    } else {
        for (ValueType& output : outputs) output.is_ranked = false;
    }
    for (const ValueType& output : outputs) {
        if (output.dims.size() <= kMostDimensions) continue;
        throw Unsupported(fmt::format("{}: an output has {} dimensions, at most {} are supported",
                                      describe(node), output.dims.size(), kMostDimensions));
    }
    for (const std::string& output : node.outputs) {
        if (!bodies_.empty() && !output.empty() && !bodies_.back().own.contains(output)) hide(output);
    }
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
        all = !context.has_input(i) || (inputs.back() != nullptr && inputs.back()->count() <= kFewElements);
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
