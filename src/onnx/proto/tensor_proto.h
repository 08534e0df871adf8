// Tensors as ONNX stores them: raw bytes, or one of five typed lists.
#pragma once

#include <string>

#include "espalier/tensor.h"
#include "onnx/proto/external_data.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// Throws InvalidModel when there is no such type, Unsupported when Espalier has no such dtype.
DType to_dtype(int data_type);
int to_data_type(DType dtype);

/// Throws InvalidModel for a dimension that is negative and for more elements than memory can hold,
/// Unsupported for too many dimensions.
Shape to_shape(const google::protobuf::RepeatedField<std::int64_t>& dims);

/// Sizes are checked against what the message or the other file holds before memory is taken. Throws
/// InvalidModel, or Unsupported (strings, complex numbers, elements of 8 bits in floating point or fewer).
Tensor to_tensor(const pb::TensorProto& proto, ExternalData& elsewhere);
/// Of a message that holds its own data.
Tensor to_tensor(const pb::TensorProto& proto);

void fill(pb::TensorProto& proto, const std::string& name, const Tensor& tensor);

}  // namespace espalier::onnx
