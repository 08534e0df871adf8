// Parsing a model whose weights stay in its file until tensors are made of them: 100 MB are copied once
// instead of three times, and long lists of attributes once.
#pragma once

#include <google/protobuf/io/zero_copy_stream.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// A run of bytes of the model's file.
struct FilePart {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};
/// The lists of an attribute.
struct AttributeLists {
    std::vector<std::int64_t> ints;
    std::vector<float> floats;
    std::vector<std::string> strings;
};
/// What is not in the message, by what it belongs to.
struct FileParts {
    std::unordered_map<const pb::TensorProto*, FilePart> raw_data;        // of the graph's initialisers
    std::unordered_map<const pb::AttributeProto*, AttributeLists> lists;  // of large attributes of its nodes
};

/// Attributes of more bytes have their lists beside the message: those of decision trees hold millions, and
/// protobuf takes memory several times for each.
inline constexpr int kLargeAttribute = 4096;

/// What protobuf's own parser makes of the `size` bytes of `stream`, but for `parts`. False where there is no
/// such message.
bool parse_without_data(google::protobuf::io::ZeroCopyInputStream& stream, std::uint64_t size,
                        pb::ModelProto& model, FileParts& parts, int large = kLargeAttribute);

}  // namespace espalier::onnx
