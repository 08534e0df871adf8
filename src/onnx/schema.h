// What ONNX says of an operator in an opset. Up to opset 17 the onnx library is asked; what came later, which
// Debian's library does not know, is in later_opsets.cpp.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "espalier/graph.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

inline constexpr int kOldestOpset = 1;
inline constexpr int kNewestOpset = 26;
/// The newest version of ai.onnx.ml, and the newest that the onnx library is asked about.
inline constexpr int kNewestMl = 5;
inline constexpr int kLibraryMl = 3;
/// The newest that the onnx library is asked about.
inline constexpr int kLibraryOpset = 17;

/// Of the operators that ONNX itself defines.
inline bool is_default_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

using AttributeType = pb::AttributeProto::AttributeType;

struct Schema {
    int since = 0;  // the opset that gave the operator this form
    int max_inputs = 0;
    std::map<std::string, AttributeType> attributes;  // with their types
    std::map<std::string, bool> required;             // of the same
};

/// Nothing if there is no such operator in that opset, or no longer.
std::optional<Schema> find_schema(const std::string& op, int opset);

/// What the onnx library says of an operator of a domain; nothing if it does not know it there.
std::optional<Schema> find_in_library(const std::string& op, int version, const std::string& domain);
/// The same as find_schema() of an operator of ai.onnx.ml in that version of it.
std::optional<Schema> find_ml_schema(const std::string& op, int version);
/// The version of ai.onnx.ml that has all nodes of the graph as they are; 0 if none is from there.
int ml_version_of(const Graph& graph);

/// The first opset from `opset` on that has the operator; nothing if there is none up to kNewestOpset.
std::optional<int> first_opset(const std::string& op, int opset);

/// One change of an operator after kLibraryOpset.
struct LaterChange {
    struct Added {
        std::string_view key;
        AttributeType type;
        bool required = false;
    };
    std::string_view op;
    int since;
    std::span<const Added> added = {};
    std::string_view removed = {};  // an attribute
    int max_inputs = 0;             // 0: as before
    bool is_new = false;            // an operator that was not there before
};

/// All changes after kLibraryOpset to operators of tensors of numbers, those of one operator in their order.
std::span<const LaterChange> later_changes();

}  // namespace espalier::onnx
