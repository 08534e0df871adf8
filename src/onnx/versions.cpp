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
void upgrade_softmax(Node& node, const Types& types) {
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

/// The versions of an operator (the opsets that changed it) with the meaning it has in opset 13; changes that
/// only allowed more types or made an input optional count as the same. Older ones need an upgrade.
struct Versions {
    std::string_view op;
    int oldest;
    int newest;
    void (*upgrade)(Node& node, const Types& types) = nullptr;
};

constexpr Versions kVersions[] = {
    {"Add", 7, 14},
    {"Flatten", 1, 13},
    {"Gemm", 7, 13},
    {"Identity", 1, 16},
    {"MatMul", 1, 13},
    {"Relu", 6, 14},
    {"Softmax", 13, 13, upgrade_softmax},
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
               (schema.since_version() >= versions->oldest || versions->upgrade != nullptr);
    }
    const pb::OpSchema* target = find_schema(op, kOpset);
    return target != nullptr && target->since_version() == schema.since_version();
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
    const auto needed = [&](const Node& node) {
        const Versions* versions = find_versions(node.op);
        return versions != nullptr && find_schema(node.op, opset)->since_version() < versions->oldest;
    };
    if (std::none_of(graph.nodes.begin(), graph.nodes.end(), needed)) return;
    const Types types = infer_types(graph);
    for (Node& node : graph.nodes) {
        if (needed(node)) find_versions(node.op)->upgrade(node, types);
    }
}

}  // namespace espalier::onnx
