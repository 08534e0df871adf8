// Parsing a model whose weights stay in its file until tensors are made of them: 100 MB are copied once
// instead of three times.
#pragma once

#include <google/protobuf/io/zero_copy_stream.h>

#include <cstdint>
#include <unordered_map>

#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// A run of bytes of the model's file.
struct FilePart {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};
/// Where raw data lie that are not in the message.
using FileParts = std::unordered_map<const pb::TensorProto*, FilePart>;

/// What protobuf's own parser makes of the `size` bytes of `stream`, without the raw data of the graph's
/// initialisers: `parts`, by their address in `model`, says where these are. False where there is no such
/// message.
bool parse_without_data(google::protobuf::io::ZeroCopyInputStream& stream, std::uint64_t size,
                        pb::ModelProto& model, FileParts& parts);

}  // namespace espalier::onnx
