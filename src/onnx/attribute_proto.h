#pragma once

#include <string>

#include "espalier/graph.h"
#include "onnx/proto.h"

namespace espalier::onnx {

/// Throws InvalidModel, or Unsupported for graphs, sparse tensors and types.
Attribute to_attribute(const pb::AttributeProto& proto);

void fill(pb::AttributeProto& proto, const std::string& name, const Attribute& attribute);

}  // namespace espalier::onnx
