// Sparse tensors: the elements that are not zero and where they are. Inside a Graph they are dense.
#pragma once

#include "espalier/tensor.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// Throws InvalidModel for indices out of range, out of order or twice, and for a tensor that is much larger
/// than what the message holds: memory stays bounded by the file's size.
Tensor to_dense(const pb::SparseTensorProto& proto);

}  // namespace espalier::onnx
