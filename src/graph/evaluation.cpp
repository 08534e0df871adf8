#include "graph/evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "tensor/convert.h"

namespace espalier {
namespace {

Shape fixed(const Node& node, const ValueType& type) {
    Shape shape;
    for (const Dim& dim : type.dims) {
        if (!dim.is_fixed())
            throw InternalError(fmt::format("{}: its shape rule leaves a dimension open", describe(node)));
        shape.push_back(dim.size());
    }
    return shape;
}

std::vector<ValueType> types_of(const Node& node, const Operator& op, std::span<const Tensor* const> inputs) {
    std::vector<ValueType> given(inputs.size());
    std::vector<Input> known(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == nullptr) continue;
        given[i] = {inputs[i]->dtype(), to_dims(inputs[i]->shape())};
        known[i] = {.type = &given[i], .tensor = inputs[i]};
    }
    std::vector<ValueType> outputs(op.room_for(node));
    InferContext context(node, std::move(known), outputs);
    op.infer(context);
    return outputs;
}

}  // namespace

Tensor& Evaluation::output(std::size_t index) {
    if (!outputs_[index]) outputs_[index].emplace(types_[index].dtype, fixed(node_, types_[index]));
    return *outputs_[index];
}

void Evaluation::set_output(std::size_t index, Tensor tensor) { outputs_[index] = std::move(tensor); }

void Evaluation::reshape() { outputs_[0] = Tensor(input(0)).reshaped(fixed(node_, types_[0])); }

void Evaluation::fail(const std::string& message) const {
    throw InvalidModel(fmt::format("{}: {}", describe(node_), message));
}

void Evaluation::refuse(const std::string& message) const {
    throw Unsupported(fmt::format("{}: {}", describe(node_), message));
}

void Evaluation::refuse_dtype(DType dtype) const {
    throw Unsupported(
        fmt::format("{}: {} of {} is not supported", describe(node_), node_.op, name_of(dtype)));
}

std::vector<std::int64_t> Evaluation::integers(std::size_t index) const {
    std::vector<std::int64_t> values;
    integers_of(input(index).dtype(), [&](auto zero) {
        for (const auto value : input(index).as<decltype(zero)>())
            values.push_back(static_cast<std::int64_t>(value));
    });
    return values;
}

std::size_t Evaluation::axis(std::int64_t fallback, std::size_t rank) const {
    const std::int64_t axis = node_.attribute_int("axis", fallback);
    return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

std::vector<Tensor> Evaluation::take() && {
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < node_.outputs.size(); ++i) {
        tensors.push_back(has_output(i) ? std::move(output(i)) : Tensor());
    }
    return tensors;
}

std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor* const> inputs) {
    const Operator& op = operator_of(node);
    if (op.evaluate == nullptr)
        throw Unsupported(fmt::format("{}: operator \"{}\" cannot be computed", describe(node), node.op));
    std::vector<ValueType> types = types_of(node, op, inputs);
    std::vector<Tensor> wide;
    std::vector<const Tensor*> operands(inputs.begin(), inputs.end());
    wide.reserve(inputs.size());
    if (!op.takes_halves) {
        for (const Tensor*& operand : operands) {
            if (operand == nullptr || !is_half(operand->dtype())) continue;
            operand = &wide.emplace_back(converted(*operand, DType::f32));
        }
    }
    std::vector<ValueType> computed = types;
    for (ValueType& type : computed) {
        if (!op.takes_halves && is_half(type.dtype)) type.dtype = DType::f32;
    }
    Evaluation evaluation(node, operands, std::move(computed));
    op.evaluate(evaluation);
    std::vector<Tensor> outputs = std::move(evaluation).take();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (outputs[i].dtype() != types[i].dtype && !node.outputs[i].empty())
            outputs[i] = converted(outputs[i], types[i].dtype);
    }
    return outputs;
}

}  // namespace espalier
