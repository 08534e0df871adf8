#include "onnx/schema.h"

#include <onnx/defs/schema.h>

#include <algorithm>

namespace espalier::onnx {

std::optional<Schema> find_in_library(const std::string& op, int version, const std::string& domain) {
    const pb::OpSchema* schema = pb::OpSchemaRegistry::Schema(op, version, domain);
    if (schema == nullptr || schema->deprecated()) return std::nullopt;
    Schema found{.since = schema->since_version(),
                 .max_inputs = schema->max_input(),
                 .attributes = {},
                 .required = {}};
    for (const auto& [key, attribute] : schema->attributes()) {
        found.attributes.emplace(key, attribute.type);
        found.required.emplace(key, attribute.required);
    }
    return found;
}

namespace {

void apply(const LaterChange& change, std::optional<Schema>& schema) {
    if (change.is_new) schema.emplace();
    if (!schema) return;
    schema->since = change.since;
    if (change.max_inputs > 0) schema->max_inputs = change.max_inputs;
    for (const auto& added : change.added) {
        schema->attributes.emplace(added.key, added.type);
        schema->required.emplace(added.key, added.required);
    }
    schema->attributes.erase(std::string(change.removed));
    schema->required.erase(std::string(change.removed));
}

}  // namespace

std::optional<Schema> find_schema(const std::string& op, int opset) {
    std::optional<Schema> schema = find_in_library(op, std::min(opset, kLibraryOpset), "");
    if (opset <= kLibraryOpset) return schema;
    for (const LaterChange& change : later_changes()) {
        if (change.op == op && change.since <= opset) apply(change, schema);
    }
    return schema;
}

std::optional<int> first_opset(const std::string& op, int opset) {
    for (; opset <= kNewestOpset; ++opset) {
        if (find_schema(op, opset)) return opset;
    }
    return std::nullopt;
}

}  // namespace espalier::onnx
