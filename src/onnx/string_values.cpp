#include "onnx/string_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "graph/trees/labels.h"

namespace espalier::onnx {

bool StringValues::is_encoded(const pb::ValueInfoProto& input, const pb::GraphProto& graph) {
    if (input.type().tensor_type().elem_type() != pb::TensorProto::STRING) return false;
    bool any = false;
    for (const auto& node : graph.node()) {
        if (std::ranges::find(node.input(), input.name()) == node.input().end()) continue;
        const auto has_keys = [](const auto& attribute) { return attribute.name() == "keys_strings"; };
        any = node.op_type() == "LabelEncoder" && std::ranges::any_of(node.attribute(), has_keys);
        if (!any) return false;
    }
    return any;
}

pb::ValueInfoProto StringValues::in_positions(pb::ValueInfoProto input) {
    input.mutable_type()->mutable_tensor_type()->set_elem_type(pb::TensorProto::INT64);
    return input;
}

void StringValues::take_keys(Node& node) {
    const std::string& input = node.inputs[0];
    const auto named = names_.find(input);
    if (named != names_.end()) {
        const bool all = trees::set_key_names(node, named->second.all, named->second.other);
        if (!all && inputs_.contains(input))
            throw Unsupported(fmt::format("{}: input \"{}\" has other keys for another LabelEncoder",
                                          describe(node), input));
    } else if (inputs_.contains(input)) {
        names_[input].all = *trees::key_names(node);
    } else {
        throw Unsupported(fmt::format(
            "{}: keys that are strings, of other values than class names and inputs, are not supported",
            describe(node)));
    }
}

void StringValues::take(Node& node) {
    const bool by_key = trees::key_names(node) != nullptr;
    if (by_key) take_keys(node);
    for (const std::string& input : values_read(node)) {
        const bool handed = named_.contains(input) && trees::hands_on(node.op) && input == node.inputs[0];
        if (named_.contains(input) && !handed && !by_key)
            throw Unsupported(
                fmt::format("{}: {} of labels that are strings is not supported", describe(node), node.op));
        if (maps_.contains(input))
            throw Unsupported(
                fmt::format("{}: {} of the maps of ZipMap is not supported", describe(node), node.op));
        if (!handed) continue;
        named_.insert(node.outputs[0]);
        names_[node.outputs[0]] = names_.at(input);
    }
    if (const auto* names = trees::class_names(node)) {
        named_.insert(node.outputs[0]);
        Names& given = names_[node.outputs[0]];
        given.all = *names;
        if (node.op == "LabelEncoder") given.other = node.attribute_string("default_string", "_Unused");
    }
    if (node.op == "ZipMap") maps_.insert(node.outputs[0]);
}

}  // namespace espalier::onnx
