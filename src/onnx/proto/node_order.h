// The order in which a file's nodes can be read: exporters mostly write them so, and some tools do not.
#pragma once

#include <vector>

#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// Nodes behind those that give what they read, bodies included, else in the order of the file. Those of a
/// cycle stay where they are.
std::vector<const pb::NodeProto*> nodes_in_order(const pb::GraphProto& graph);

}  // namespace espalier::onnx
