// Names and types of a graph's inputs and outputs.
#pragma once

#include <optional>

#include "espalier/graph.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// Nothing where the file leaves the type or the number of dimensions open. Throws InvalidModel, or
/// Unsupported for what is not a tensor.
std::optional<ValueType> to_value_type(const pb::ValueInfoProto& proto);

void fill(pb::ValueInfoProto& proto, const Value& value);

}  // namespace espalier::onnx
