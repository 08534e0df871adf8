#include "onnx/constant_node.h"

#include <cstdint>
#include <vector>

namespace espalier::onnx {
namespace {

template <class T>
Tensor to_vector(const std::vector<T>& values) {
    return Tensor::of<T>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

std::optional<Tensor> to_constant(const std::string& key, Attribute& value) {
    if (auto* tensor = std::get_if<Tensor>(&value); tensor && (key == "value" || key == "sparse_value")) {
        return std::move(*tensor);
    }
    if (auto* real = std::get_if<float>(&value); real && key == "value_float") {
        return to_vector(std::vector{*real}).reshaped({});
    }
    if (auto* integer = std::get_if<std::int64_t>(&value); integer && key == "value_int") {
        return to_vector(std::vector{*integer}).reshaped({});
    }
    if (auto* reals = std::get_if<std::vector<float>>(&value); reals && key == "value_floats") {
        return to_vector(*reals);
    }
    if (auto* integers = std::get_if<std::vector<std::int64_t>>(&value); integers && key == "value_ints") {
        return to_vector(*integers);
    }
    return std::nullopt;
}

}  // namespace espalier::onnx
