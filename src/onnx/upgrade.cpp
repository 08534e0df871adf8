#include "onnx/upgrade.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "espalier/error.h"
#include "graph/op.h"
#include "onnx/schema.h"

namespace espalier::onnx {
namespace {

AttributeType type_of(const Attribute& attribute) {
    constexpr AttributeType kTypes[] = {pb::AttributeProto::INT,    pb::AttributeProto::FLOAT,
                                        pb::AttributeProto::STRING, pb::AttributeProto::INTS,
                                        pb::AttributeProto::FLOATS, pb::AttributeProto::STRINGS,
                                        pb::AttributeProto::TENSOR, pb::AttributeProto::GRAPH};
    static_assert(std::size(kTypes) == std::variant_size_v<Attribute>);
    return kTypes[attribute.index()];
}

void check_attributes(const Node& node, const Schema& schema, int opset) {
    for (const auto& [key, attribute] : node.attributes) {
        if (key.starts_with("__")) continue;  // ONNX leaves such names to programs
        const auto found = schema.attributes.find(key);
        if (found == schema.attributes.end()) {
            throw InvalidModel(fmt::format("{}: {} has no attribute \"{}\" in opset {}", describe(node),
                                           node.op, key, opset));
        }
        const auto got = type_of(attribute);
        if (got != found->second) {
            throw InvalidModel(fmt::format("{}: attribute \"{}\" is {}, expected {}", describe(node), key,
                                           pb::AttributeProto::AttributeType_Name(got),
                                           pb::AttributeProto::AttributeType_Name(found->second)));
        }
    }
    for (const auto& [key, required] : schema.required) {
        if (required && !node.attributes.contains(key)) {
            throw InvalidModel(
                fmt::format("{}: {} needs the attribute \"{}\"", describe(node), node.op, key));
        }
    }
}

const Upgrade* find_upgrade(const std::string& op, int since) {
    for (const Upgrade* upgrade : upgrades()) {
        if (upgrade->domain.empty() && std::ranges::count(upgrade->ops, op) > 0 && since >= upgrade->first &&
            since <= upgrade->last)
            return upgrade;
    }
    return nullptr;
}

/// ONNX Runtime writes it without a domain, though ONNX has no such operator.
bool is_runtimes_own(const std::string& op) { return op == "SimplifiedLayerNormalization"; }

const Upgrade* find_upgrade(const std::string& op, const std::string& domain) {
    for (const Upgrade* upgrade : upgrades()) {
        if (!upgrade->domain.empty() && upgrade->domain == domain && std::ranges::count(upgrade->ops, op) > 0)
            return upgrade;
    }
    return nullptr;
}

/// IEEE half precision, rounded to nearest even, for the few constants that were f32 attributes.
std::uint16_t to_half(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16U) & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);   // not a number
    if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);  // 65520 and more
    if (magnitude < 0x38800000U) {  // below the least normal half: a multiple of 2^-24
        const float scaled = std::bit_cast<float>(magnitude) * 16777216.0F;
        auto whole = static_cast<std::uint32_t>(scaled);
        const float rest = scaled - static_cast<float>(whole);
        whole += rest > 0.5F || (rest == 0.5F && (whole & 1U) != 0) ? 1U : 0U;
        return static_cast<std::uint16_t>(sign | whole);
    }
    const std::uint32_t rounded = magnitude + 0xfffU + ((magnitude >> 13U) & 1U);
    return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13U));
}

std::uint16_t to_bfloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

Tensor bits_of(DType dtype, std::uint16_t bits) {
    Tensor tensor(dtype, {});
    tensor.bytes()[0] = std::byte(bits & 0xffU);
    tensor.bytes()[1] = std::byte(bits >> 8U);
    return tensor;
}

}  // namespace

const ValueType& Rewriter::input_type(const Node& node, std::size_t index) const {
    if (index >= node.inputs.size() || node.inputs[index].empty())
        throw InvalidModel(fmt::format("{}: input {} of {} is left out", describe(node), index, node.op));
    const auto found = types_.find(node.inputs[index]);
    if (found == types_.end()) {
        throw InvalidModel(
            fmt::format("{}: input \"{}\" is not defined before it", describe(node), node.inputs[index]));
    }
    return found->second;
}

const Tensor* Rewriter::constant(const Node& node, std::size_t index) const {
    if (index >= node.inputs.size() || node.inputs[index].empty()) return nullptr;
    return find_(node.inputs[index]);
}

std::optional<std::vector<std::int64_t>> Rewriter::constant_ints(const Node& node, std::size_t index,
                                                                 const char* what) const {
    if (index >= node.inputs.size() || node.inputs[index].empty()) return std::nullopt;
    const Tensor* tensor = constant(node, index);
    if (tensor == nullptr) {
        throw Unsupported(fmt::format("{}: {} with {} that a node computes is not supported", describe(node),
                                      node.op, what));
    }
    if (tensor->dtype() == DType::i32) {
        const auto values = tensor->as<std::int32_t>();
        return std::vector<std::int64_t>(values.begin(), values.end());
    }
    if (tensor->dtype() != DType::i64) {
        throw InvalidModel(
            fmt::format("{}: {} are {}, expected i64", describe(node), what, name_of(tensor->dtype())));
    }
    const auto values = tensor->as<std::int64_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
}

void Rewriter::unsqueeze(Node& node, std::size_t input, const std::vector<std::int64_t>& axes) {
    const std::string wide = fresh(node.outputs[0] + ".unsqueezed");
    emit({.name = "",
          .op = "Unsqueeze",
          .inputs = {node.inputs[input], add_ints(node, "behind", axes)},
          .outputs = {wide},
          .attributes = {}});
    node.inputs[input] = wide;
}

std::string Rewriter::fresh(std::string_view base) {
    std::string name(base);
    while (!taken_.insert(name).second) name += '_';
    return name;
}

std::string Rewriter::add_constant(const Node& node, std::string_view key, Tensor tensor) {
    std::string name = fresh(fmt::format("{}.{}", node.outputs.empty() ? "" : node.outputs[0], key));
    add_(name, std::move(tensor));
    return name;
}

std::string Rewriter::add_ints(const Node& node, std::string_view key,
                               const std::vector<std::int64_t>& values) {
    return add_constant(node, key,
                        Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
}

std::vector<Node> upgraded_from(const std::string& domain, Node node, Rewriter to) {
    const Upgrade* upgrade = find_upgrade(node.op, domain);
    if (upgrade == nullptr) {
        throw Unsupported(fmt::format("{}: operator \"{}\" of domain \"{}\" is not supported", describe(node),
                                      node.op, domain));
    }
    if (node.outputs.empty() || node.outputs[0].empty())
        throw InvalidModel(fmt::format("{}: {} has no outputs", describe(node), node.op));
    if (node.inputs.empty()) throw InvalidModel(fmt::format("{}: {} has no inputs", describe(node), node.op));
    upgrade->rewrite(to, std::move(node));
    return std::move(to).take();
}

std::vector<Node> upgraded(Node node, int opset, Rewriter to) {
    if (is_runtimes_own(node.op))
        return upgraded_from(std::string(kMicrosoft), std::move(node), std::move(to));
    const auto schema = find_schema(node.op, opset);
    // An upgrade may turn an operator that Espalier does not have (Upsample) into one that it has (Resize).
    const Upgrade* upgrade = schema ? find_upgrade(node.op, schema->since) : nullptr;
    if (!schema || (upgrade == nullptr && ops().find(node.op) == nullptr)) {
        throw Unsupported(
            fmt::format("{}: operator \"{}\" of opset {} is not supported", describe(node), node.op, opset));
    }
    check_attributes(node, *schema, opset);
    if (node.outputs.empty())
        throw InvalidModel(fmt::format("{}: {} has no outputs", describe(node), node.op));
    node.attributes.erase("consumed_inputs");  // before opset 6: memory that a program may use again
    if (upgrade == nullptr) {
        to.emit(std::move(node));
    } else {
        upgrade->rewrite(to, std::move(node));
    }
    std::vector<Node> nodes = std::move(to).take();
    for (const Node& made : nodes) {
        if (ops().find(made.op) != nullptr) continue;
        throw Unsupported(
            fmt::format("{}: operator \"{}\" of opset {} is not supported", describe(made), made.op, opset));
    }
    return nodes;
}

void check_ml_node(const Node& node, int version) {
    const Operator* op = ops().find(node.op);
    const auto schema = find_ml_schema(node.op, version);
    if (!schema || op == nullptr || op->domain != kMlDomain) {
        throw Unsupported(fmt::format("{}: operator \"{}\" of {} {} is not supported", describe(node),
                                      node.op, kMlDomain, version));
    }
    check_attributes(node, *schema, version);
    if (node.outputs.empty())
        throw InvalidModel(fmt::format("{}: {} has no outputs", describe(node), node.op));
}

void set_input(Node& node, std::size_t index, std::string value) {
    if (node.inputs.size() <= index) node.inputs.resize(index + 1);
    node.inputs[index] = std::move(value);
}

void drop(Node& node, std::string_view key, std::int64_t expected) {
    const std::int64_t value = node.attribute_int(key, expected);
    if (value != expected) {
        throw Unsupported(
            fmt::format("{}: {} with {}={} is not supported", describe(node), node.op, key, value));
    }
    node.attributes.erase(std::string(key));
}

std::vector<std::int64_t> take_ints(Node& node, std::string_view key, std::vector<std::int64_t> fallback) {
    auto values = node.attribute_ints(key, std::move(fallback));
    node.attributes.erase(std::string(key));
    return values;
}

std::size_t axis_from_front(const Node& node, std::int64_t axis, std::size_t rank) {
    const auto count = static_cast<std::int64_t>(rank);
    if (axis < -count || axis >= count) {
        throw InvalidModel(
            fmt::format("{}: axis={} of a value with {} dimensions", describe(node), axis, count));
    }
    return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

Tensor scalar_of(const Node& node, DType dtype, float value) {
    switch (dtype) {
        case DType::f32:
            return Tensor::of<float>({}, std::vector{value});
        case DType::f64:
            return Tensor::of<double>({}, std::vector{static_cast<double>(value)});
        case DType::f16:
            return bits_of(dtype, to_half(value));
        case DType::bf16:
            return bits_of(dtype, to_bfloat(value));
        default:
            break;
    }
    throw Unsupported(
        fmt::format("{}: {} of {} in this opset is not supported", describe(node), node.op, name_of(dtype)));
}

}  // namespace espalier::onnx
