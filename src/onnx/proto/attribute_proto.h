#pragma once

#include <string>

#include "espalier/graph.h"
#include "onnx/proto/external_data.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// Of any attribute but a graph, which is the reader's; a sparse tensor becomes a dense one. Throws
/// InvalidModel, or Unsupported for lists of tensors and graphs, and types.
Attribute to_attribute(const pb::AttributeProto& proto, ExternalData& elsewhere);

void fill(pb::AttributeProto& proto, const std::string& name, const Attribute& attribute);

}  // namespace espalier::onnx
