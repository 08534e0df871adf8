// Graphs as ONNX stores them, the one of the model and the bodies inside its nodes alike.
#pragma once

#include <string>
#include <vector>

#include "espalier/graph.h"
#include "onnx/proto/external_data.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// An opset of a file whose operators are all from other domains, so that it names none of ONNX.
inline constexpr int kNoOpset = 0;

/// The versions of the domains that a file imports.
struct Opsets {
    int onnx = kNoOpset;
    int ml = kNoOpset;  // of ai.onnx.ml
};

/// What is said of a file beside the graph that it becomes (onnx::read()).
struct Remarks {
    std::vector<std::string> notes;
    ConstantSizes constants;
};

/// The graph with every operator in its one form, verified. Throws InvalidModel, Unsupported, IoError.
Graph to_graph(const pb::GraphProto& proto, Opsets opsets, ExternalData& elsewhere, Remarks& remarks);

void fill(pb::GraphProto& proto, const Graph& graph);

}  // namespace espalier::onnx
