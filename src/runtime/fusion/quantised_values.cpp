#include "runtime/fusion/quantised_values.h"

#include <algorithm>
#include <cmath>

#include "runtime/lowering.h"

namespace espalier::runtime {

std::string input_of(const Node& node, std::size_t index) {
    return index < node.inputs.size() ? node.inputs[index] : "";
}

bool is_byte(DType dtype) { return dtype == DType::i8 || dtype == DType::u8; }

QuantisedValues::QuantisedValues(const Graph& graph, const std::map<std::string, ValueType>& types,
                                 const Readers& readers, bool folded)
    : graph_(graph), types_(types), readers_(readers), folded_(folded) {
    for (const Node& node : graph.nodes) {
        for (const std::string& output : node.outputs) makers_[output] = &node;
    }
}

const Node* QuantisedValues::maker(const std::string& value) const {
    const auto found = makers_.find(value);
    return found == makers_.end() ? nullptr : found->second;
}

const Tensor* QuantisedValues::constant(const std::string& value) const {
    const auto found = graph_.initializers.find(value);
    return found == graph_.initializers.end() ? nullptr : &found->second;
}

bool QuantisedValues::is_number(const std::string& value) const {
    const Tensor* tensor = constant(value);
    return tensor != nullptr && tensor->count() == 1;
}

bool QuantisedValues::has_one_quantum(const Node& node) const {
    if (node.attributes.contains("block_size") || !is_number(node.inputs[1])) return false;
    const Tensor& scale = *constant(node.inputs[1]);
    const std::string zero = input_of(node, 2);
    return scale.dtype() == DType::f32 && std::isfinite(scale.f32()[0]) && scale.f32()[0] > 0 &&
           (zero.empty() || is_number(zero));
}

bool QuantisedValues::same_quantum(const Node& a, const Node& b) const {
    const auto same = [&](std::size_t index) {
        const Tensor* x = input_of(a, index).empty() ? nullptr : constant(input_of(a, index));
        const Tensor* y = input_of(b, index).empty() ? nullptr : constant(input_of(b, index));
        return (x == nullptr) == (y == nullptr) &&
               (x == nullptr || std::ranges::equal(x->bytes(), y->bytes()));
    };
    return same(1) && same(2);
}

const Node* QuantisedValues::source_of(const std::string& value) const {
    const Node* node = maker(value);
    if (node == nullptr || node->op != "DequantizeLinear" || constant(node->inputs[0]) != nullptr)
        return nullptr;
    const bool fits = is_byte(types_.at(node->inputs[0]).dtype) && types_.at(value).dtype == DType::f32 &&
                      has_one_quantum(*node);
    if (!fits) return nullptr;
    return node;
}

const Node* QuantisedValues::weight_of(const std::string& value, std::int64_t axis) const {
    const Node* node = maker(value);
    if (node == nullptr || node->op != "DequantizeLinear" || readers_.only(value) == nullptr) return nullptr;
    const Tensor* bytes = constant(node->inputs[0]);
    const Tensor* scale = constant(node->inputs[1]);
    const std::string zero = input_of(*node, 2);
    if (bytes == nullptr || scale == nullptr || (!zero.empty() && constant(zero) == nullptr)) return nullptr;
    if (!is_byte(bytes->dtype()) || scale->dtype() != DType::f32 || node->attributes.contains("block_size"))
        return nullptr;
    if (types_.at(value).dtype != DType::f32 || bytes->count() == 0) return nullptr;
    const std::int64_t rank = std::ssize(bytes->shape());
    std::int64_t along = node->attribute_int("axis", 1);
    if (along < 0) along += rank;
    const bool each = scale->count() != 1;
    return !each || (along == axis && scale->shape() == Shape{bytes->shape()[static_cast<std::size_t>(axis)]})
               ? node
               : nullptr;
}

bool QuantisedValues::is_bias(const std::string& value, int depth) const {
    if (value.empty() || constant(value) != nullptr) return true;
    const Node* node = maker(value);
    if (folded_ || node == nullptr || depth == 0) return false;
    return std::ranges::all_of(node->inputs,
                               [&](const std::string& input) { return is_bias(input, depth - 1); });
}

Bounds QuantisedValues::bounds_behind(const std::string& value) const {
    Bounds found;
    std::string at = value;
    for (const Node* node = readers_.only(at); node != nullptr; node = readers_.only(at)) {
        if (node->op == "QuantizeLinear") {
            if (node->inputs[0] != at || !has_one_quantum(*node) ||
                !is_byte(types_.at(node->outputs[0]).dtype))
                return {};
            found.quantise = node;
            found.nodes.push_back(node);
            return found;
        }
        const auto functions = functions_of(*node, at, graph_);
        if (functions.size() != 1) return {};
        const Function& f = functions[0];
        const bool relu = f.algorithm == dnnl::algorithm::eltwise_relu && f.alpha == 0;
        if (!relu && f.algorithm != dnnl::algorithm::eltwise_clip) return {};
        const float low = relu ? 0 : f.alpha;
        const float high = relu ? std::numeric_limits<float>::infinity() : f.beta;
        found.low = std::clamp(found.low, low, high);
        found.high = std::clamp(found.high, low, high);
        found.nodes.push_back(node);
        at = node->outputs[0];
    }
    return {};
}

bool QuantisedValues::repeats_along_rows(const std::string& bias, const std::string& value) const {
    if (bias.empty()) return true;
    const Dims& dims = types_.at(bias).dims;
    const Dims& of = types_.at(value).dims;
    const auto is_one = [](const Dim& dim) { return dim == Dim(1); };
    if (dims.empty()) return true;
    return dims.size() <= of.size() && std::all_of(dims.begin(), dims.end() - 1, is_one) &&
           (is_one(dims.back()) || dims.back() == of.back());
}

const Node* QuantisedValues::added_behind(const std::string& value) const {
    const Node* add = readers_.only(value);
    if (add == nullptr || add->op != "Add" || add->inputs[0] == add->inputs[1]) return nullptr;
    const std::string& bias = add->inputs[add->inputs[0] == value ? 1 : 0];
    const Tensor* tensor = constant(bias);
    if (tensor == nullptr || tensor->dtype() != DType::f32 || !repeats_along_rows(bias, value))
        return nullptr;
    return types_.at(add->outputs[0]) == types_.at(value) ? add : nullptr;
}

}  // namespace espalier::runtime
