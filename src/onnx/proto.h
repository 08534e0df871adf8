// ONNX's protobuf classes, as pb::ModelProto and so on. Seen only inside this module.
#pragma once

#include <onnx/onnx_pb.h>

namespace espalier::onnx {

namespace pb = ::onnx;

/// What is written. Any operator's meaning inside a Graph is the one it has in this opset.
inline constexpr int kOpset = 13;
inline constexpr int kIrVersion = 7;

}  // namespace espalier::onnx
