// Operators of ai.onnx.ml. Up to version 3 the onnx library is asked; TreeEnsemble is from ONNX's changelog
// (docs/Changelog-ml.md). Of version 4 (LabelEncoder of tensors) nothing is known here.
#include <onnx/defs/schema.h>

#include <algorithm>

#include "graph/op.h"
#include "onnx/schema.h"

namespace espalier::onnx {
namespace {

constexpr int kTreesOfTensors = 5;

constexpr auto kMlInt = pb::AttributeProto::INT;
constexpr auto kMlInts = pb::AttributeProto::INTS;
constexpr auto kMlTensor = pb::AttributeProto::TENSOR;

constexpr LaterChange::Added kTreeEnsemble[] = {{"aggregate_function", kMlInt},
                                                {"leaf_targetids", kMlInts, true},
                                                {"leaf_weights", kMlTensor, true},
                                                {"membership_values", kMlTensor},
                                                {"n_targets", kMlInt},
                                                {"nodes_falseleafs", kMlInts, true},
                                                {"nodes_falsenodeids", kMlInts, true},
                                                {"nodes_featureids", kMlInts, true},
                                                {"nodes_hitrates", kMlTensor},
                                                {"nodes_missing_value_tracks_true", kMlInts},
                                                {"nodes_modes", kMlTensor, true},
                                                {"nodes_splits", kMlTensor, true},
                                                {"nodes_trueleafs", kMlInts, true},
                                                {"nodes_truenodeids", kMlInts, true},
                                                {"post_transform", kMlInt},
                                                {"tree_roots", kMlInts, true}};

}  // namespace

std::optional<Schema> find_ml_schema(const std::string& op, int version) {
    if (op != "TreeEnsemble")
        return find_in_library(op, std::min(version, kLibraryMl), std::string(kMlDomain));
    if (version < kTreesOfTensors) return std::nullopt;
    Schema schema{.since = kTreesOfTensors, .max_inputs = 1, .attributes = {}, .required = {}};
    for (const auto& added : kTreeEnsemble) {
        schema.attributes.emplace(added.key, added.type);
        schema.required.emplace(added.key, added.required);
    }
    return schema;
}

int ml_version_of(const Graph& graph) {
    int version = 0;
    for (const Node& node : graph.nodes) {
        const Operator* op = ops().find(node.op);
        if (op == nullptr || op->domain != kMlDomain) continue;
        const bool with_tensors = std::ranges::any_of(
            node.attributes, [](const auto& entry) { return std::holds_alternative<Tensor>(entry.second); });
        version = std::max(version, node.op == "TreeEnsemble" ? kTreesOfTensors
                                    : with_tensors            ? kLibraryMl
                                                              : 1);
        if (node.op == "LabelEncoder") version = std::max(version, 2);
    }
    return version;
}

}  // namespace espalier::onnx
