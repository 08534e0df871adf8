// ONNX's protobuf classes, as pb::ModelProto and so on. Seen only inside this module.
#pragma once

#include <onnx/onnx_pb.h>

namespace espalier::onnx {

namespace pb = ::onnx;

/// What is written unless a graph needs more; an operator means inside a Graph what it means here
/// (onnx/upgrade.h).
inline constexpr int kOpset = 13;

}  // namespace espalier::onnx
