#include "onnx/expansion/expansion.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"

namespace espalier::onnx {

Dim Expansion::last(std::size_t index) const {
    if (dims(index).empty()) refuse("a scalar");
    return dims(index).back();
}

std::string Expansion::add(std::string op, Inputs inputs, Attributes attributes) {
    std::string name = to_.fresh(fmt::format("{}.{}{}", node_.outputs.at(0), op, ++made_));
    to_.emit({.name = node_.name.empty() ? "" : fmt::format("{}.{}{}", node_.name, op, made_),
              .op = std::move(op),
              .inputs = std::move(inputs),
              .outputs = {name},
              .attributes = std::move(attributes)});
    return name;
}

void Expansion::finish(std::string op, Inputs inputs, Attributes attributes, std::size_t index) {
    to_.emit({.name = node_.name,
              .op = std::move(op),
              .inputs = std::move(inputs),
              .outputs = {node_.outputs.at(index)},
              .attributes = std::move(attributes)});
}

std::string Expansion::scalar(DType dtype, float value) {
    return to_.add_constant(node_, "number", scalar_of(node_, dtype, value));
}

void Expansion::only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : node_.attributes) {
        if (std::ranges::find(keys, key) == keys.end()) refuse(fmt::format("the attribute \"{}\"", key));
    }
}

void Expansion::refuse(const std::string& what) const {
    throw Unsupported(fmt::format("{}: {} with {} is not supported", describe(node_), node_.op, what));
}

void Expansion::no_outputs_from(std::size_t index) const {
    for (; index < node_.outputs.size(); ++index) {
        if (has_output(index)) refuse(fmt::format("output {}", index));
    }
}

std::string Expansion::dequantised(std::size_t value, std::size_t scale, std::int64_t axis) {
    return dequantised(input(value), scale, axis);
}

std::string Expansion::dequantised(const std::string& value, std::size_t scale, std::int64_t axis) {
    Inputs inputs = {value, input(scale)};
    if (has_input(scale + 1)) inputs.push_back(input(scale + 1));
    Attributes attributes;
    const Dims& scales = to_.input_type(node_, scale).dims;
    if (axis >= 0 && !scales.empty() && !(scales[0] == Dim(1))) attributes["axis"] = axis;
    return add("DequantizeLinear", std::move(inputs), std::move(attributes));
}

void Expansion::finish_quantised(const std::string& value, std::size_t scale) {
    Inputs inputs = {value, input(scale)};
    if (has_input(scale + 1)) inputs.push_back(input(scale + 1));
    finish("QuantizeLinear", std::move(inputs));
}

}  // namespace espalier::onnx
