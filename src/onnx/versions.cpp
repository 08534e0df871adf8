#include "onnx/versions.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>

#include <algorithm>

#include "espalier/error.h"
#include "graph/op.h"
#include "onnx/proto.h"

namespace espalier::onnx {
namespace {

using Types = std::map<std::string, ValueType>;

/// Softmax before opset 13 was over all dimensions from `axis` (1 by default) on, taken as one. That is opset
/// 13's softmax over one of them as long as the others are 1.
void convert_softmax(Graph&, Node& node, const Types& types, int since) {
    if (since >= 13) return;
    const Dims& dims = types.at(node.inputs[0]).dims;
    const auto rank = static_cast<std::int64_t>(dims.size());
    const std::int64_t given = node.attribute_int("axis", 1);
    if (given < -rank || given >= rank) {
        throw InvalidModel(
            fmt::format("{}: axis={} of a value with {} dimensions", describe(node), given, rank));
    }
    const std::int64_t axis = given < 0 ? given + rank : given;
    std::int64_t over = axis;
    int longer_than_one = 0;
    for (std::int64_t i = axis; i < rank; ++i) {
        if (dims[static_cast<std::size_t>(i)] == Dim(1)) continue;
        over = i;
        ++longer_than_one;
    }
    if (longer_than_one > 1) {
        throw Unsupported(
            fmt::format("{}: Softmax over {} dimensions of {} at once, as before opset 13, is not supported",
                        describe(node), rank - axis, to_string(dims)));
    }
    node.attributes["axis"] = over;
}

/// A float attribute that became a scalar input `index`.
void attribute_to_input(Graph& graph, Node& node, const char* key, std::size_t index) {
    if (!node.attributes.contains(key)) return;
    Tensor scalar(DType::f32, {});
    scalar.f32()[0] = node.attribute_float(key, 0);
    node.attributes.erase(key);
    if (node.inputs.size() <= index) node.inputs.resize(index + 1);
    std::string name = fmt::format("{}.{}", node.outputs.at(0), key);
    while (graph.initializers.contains(name)) name += "_";
    graph.initializers.emplace(name, std::move(scalar));
    node.inputs[index] = name;
}

/// The ratio of a Dropout was an attribute before opset 12.
void convert_dropout(Graph& graph, Node& node, const Types&, int) {
    attribute_to_input(graph, node, "ratio", 1);
}

/// The bounds of a Clip were attributes before opset 11.
void convert_clip(Graph& graph, Node& node, const Types&, int) {
    attribute_to_input(graph, node, "min", 1);
    attribute_to_input(graph, node, "max", 2);
}

/// An attribute that other opsets have and opset 13 does not, with the one value that means what it means.
void drop(Node& node, const char* key, std::int64_t expected) {
    const std::int64_t value = node.attribute_int(key, expected);
    if (value != expected) {
        throw Unsupported(
            fmt::format("{}: {} with {}={} is not supported", describe(node), node.op, key, value));
    }
    node.attributes.erase(key);
}

void convert_batch_normalization(Graph&, Node& node, const Types&, int) {
    drop(node, "spatial", 1);
    drop(node, "training_mode", 0);
}

void convert_reshape(Graph&, Node& node, const Types&, int) { drop(node, "allowzero", 0); }

/// The versions of an operator (the opsets that changed it) with the meaning it has in opset 13; changes that
/// only allowed more types or made an input optional count as the same. Other versions are converted.
struct Versions {
    std::string_view op;
    int oldest;
    int newest;
    void (*convert)(Graph& graph, Node& node, const Types& types, int since) = nullptr;
};

constexpr Versions kVersions[] = {
    {"Add", 7, 14},
    {"AveragePool", 7, 11},
    {"BatchNormalization", 9, 15, convert_batch_normalization},
    {"Clip", 11, 13, convert_clip},
    {"Conv", 1, 11},
    {"Div", 7, 14},
    {"Dropout", 12, 13, convert_dropout},
    {"Erf", 9, 13},
    {"Flatten", 1, 13},
    {"Gemm", 7, 13},
    {"GlobalAveragePool", 1, 1},
    {"Identity", 1, 16},
    {"LayerNormalization", 17, 17},
    {"MatMul", 1, 13},
    {"MaxPool", 1, 12},
    {"Mul", 7, 14},
    {"ReduceMean", 1, 13},
    {"Relu", 6, 14},
    {"Reshape", 5, 14, convert_reshape},
    {"Softmax", 13, 13, convert_softmax},
    {"Transpose", 1, 13},
};

const Versions* find_versions(std::string_view op) {
    const auto* found = std::find_if(std::begin(kVersions), std::end(kVersions),
                                     [&](const Versions& versions) { return versions.op == op; });
    return found == std::end(kVersions) ? nullptr : found;
}

const pb::OpSchema* find_schema(const std::string& op, int opset) {
    return pb::OpSchemaRegistry::Schema(op, opset, "");
}

/// The operator's version in `opset` means what opset 13 means by it, or can be brought to it.
bool is_readable(const std::string& op, const pb::OpSchema& schema) {
    if (const Versions* versions = find_versions(op)) {
        return schema.since_version() <= versions->newest &&
               (schema.since_version() >= versions->oldest || versions->convert != nullptr);
    }
    return true;
}

pb::AttributeProto::AttributeType type_of(const Attribute& attribute) {
    constexpr pb::AttributeProto::AttributeType kTypes[] = {
        pb::AttributeProto::INT,   pb::AttributeProto::FLOAT,  pb::AttributeProto::STRING,
        pb::AttributeProto::INTS,  pb::AttributeProto::FLOATS, pb::AttributeProto::STRINGS,
        pb::AttributeProto::TENSOR};
    static_assert(std::size(kTypes) == std::variant_size_v<Attribute>);
    return kTypes[attribute.index()];
}

void check_attributes(const Node& node, const pb::OpSchema& schema, int opset) {
    const auto& known = schema.attributes();
    for (const auto& [key, attribute] : node.attributes) {
        if (key.starts_with("__")) continue;  // ONNX leaves such names to programs
        const auto found = known.find(key);
        if (found == known.end()) {
            throw InvalidModel(fmt::format("{}: {} has no attribute \"{}\" in opset {}", describe(node),
                                           node.op, key, opset));
        }
        const auto got = type_of(attribute);
        if (got != found->second.type) {
            throw InvalidModel(fmt::format("{}: attribute \"{}\" is {}, expected {}", describe(node), key,
                                           pb::AttributeProto::AttributeType_Name(got),
                                           pb::AttributeProto::AttributeType_Name(found->second.type)));
        }
    }
    for (const auto& [key, attribute] : known) {
        if (attribute.required && !node.attributes.contains(key)) {
            throw InvalidModel(
                fmt::format("{}: {} needs the attribute \"{}\"", describe(node), node.op, key));
        }
    }
}

}  // namespace

void check_node(const Node& node, int opset) {
    const pb::OpSchema* schema = find_schema(node.op, opset);
    if (schema == nullptr || ops().find(node.op) == nullptr) {
        throw Unsupported(fmt::format("{}: operator \"{}\" is not supported", describe(node), node.op));
    }
    if (!is_readable(node.op, *schema)) {
        throw Unsupported(fmt::format("{}: {} of opset {} differs from that of opset {} and is not supported",
                                      describe(node), node.op, opset, kOpset));
    }
    check_attributes(node, *schema, opset);
}

void upgrade(Graph& graph, int opset) {
    const auto since = [&](const Node& node) { return find_schema(node.op, opset)->since_version(); };
    const auto needed = [&](const Node& node) {
        const Versions* versions = find_versions(node.op);
        return versions != nullptr && versions->convert != nullptr &&
               since(node) != find_schema(node.op, kOpset)->since_version();
    };
    if (std::none_of(graph.nodes.begin(), graph.nodes.end(), needed)) return;
    const Types types = infer_types(graph);
    for (Node& node : graph.nodes) {
        if (needed(node)) find_versions(node.op)->convert(graph, node, types, since(node));
    }
}

}  // namespace espalier::onnx
