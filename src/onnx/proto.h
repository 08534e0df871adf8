// ONNX's protobuf classes, as pb::ModelProto and so on. Seen only inside this module.
#pragma once

#include <onnx/onnx_pb.h>

namespace espalier::onnx {

namespace pb = ::onnx;

/// What is written. Any operator's meaning inside a Graph is the one it has in this opset, or in the first
/// that has the operator.
inline constexpr int kOpset = 13;
inline constexpr int kIrVersion = 7;
/// Of the newest opset that is read, which is written when a graph has an operator that came after kOpset,
/// such as LayerNormalization.
inline constexpr int kNewestIrVersion = 8;

}  // namespace espalier::onnx
