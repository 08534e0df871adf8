// The opset that a graph is written in. Operators have one form inside a Graph (onnx/upgrade.h); in newer
// opsets some of them are written otherwise.
#pragma once

#include "espalier/graph.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// The first opset from kOpset on that has the node's operator, in the form it has inside a Graph, with its
/// attributes and number of inputs. kOpset if there is none: then ONNX's checker says what is wrong.
int opset_of(const Node& node);
/// That has all of them, those in bodies too.
int opset_of(const Graph& graph);

/// Rewrites nodes from their form inside a Graph to that of `opset`.
void convert_to_opset(pb::GraphProto& graph, int opset);

/// Nodes that the onnx library does not know, as they are from later opsets, go to a domain of their own,
/// which its checker does not look into; false takes them back.
void hide_from_checker(pb::GraphProto& graph, bool aside);
/// That domain.
inline constexpr const char* kAside = "later.opsets";

}  // namespace espalier::onnx
