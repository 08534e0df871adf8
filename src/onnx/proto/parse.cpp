#include "onnx/proto/parse.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

namespace espalier::onnx {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

/// Of a field that has a length before it: a message, or bytes.
constexpr std::uint32_t tag_of(int field) {
    return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}
constexpr std::uint32_t kGraph = tag_of(pb::ModelProto::kGraphFieldNumber);
constexpr std::uint32_t kNode = tag_of(pb::GraphProto::kNodeFieldNumber);
constexpr std::uint32_t kInitializer = tag_of(pb::GraphProto::kInitializerFieldNumber);
constexpr std::uint32_t kRawData = tag_of(pb::TensorProto::kRawDataFieldNumber);

/// The length of a field, unless it ends behind what is around it.
std::optional<int> length_in(CodedInputStream& in) {
    int length = 0;
    if (!in.ReadVarintSizeAsInt(&length) || length > in.BytesUntilLimit()) return std::nullopt;
    return length;
}

/// Reads up to the limit: `take(tag)` reads each field that starts with one of `taken`, all others go to
/// `message`.
template <class Message, class Take>
bool read_fields(CodedInputStream& in, Message& message, std::initializer_list<std::uint32_t> taken,
                 const Take& take) {
    std::string others;
    {
        google::protobuf::io::StringOutputStream stream(&others);
        google::protobuf::io::CodedOutputStream out(&stream);
        while (const std::uint32_t tag = in.ReadTag()) {
            const bool is_taken = std::ranges::find(taken, tag) != taken.end();
            if (!(is_taken ? take(tag) : WireFormatLite::SkipField(&in, tag, &out))) return false;
        }
    }
    return in.ConsumedEntireMessage() && message.MergeFromString(others);
}

/// `read()` reads the message that starts with its length here.
template <class Read>
bool nested(CodedInputStream& in, const Read& read) {
    const auto length = length_in(in);
    if (!length) return false;
    const CodedInputStream::Limit around = in.PushLimit(*length);
    const bool whole = read();
    in.PopLimit(around);
    return whole;
}

bool read_initializer(CodedInputStream& in, pb::TensorProto& tensor, FileParts& parts) {
    return read_fields(in, tensor, {kRawData}, [&](std::uint32_t /*tag*/) {
        const auto length = length_in(in);
        if (!length) return false;
        parts[&tensor] = {static_cast<std::uint64_t>(in.CurrentPosition()),  // the last one counts
                          static_cast<std::uint64_t>(*length)};
        return in.Skip(*length);
    });
}

bool read_graph(CodedInputStream& in, pb::GraphProto& graph, FileParts& parts) {
    // Nodes go straight to their messages: those of decision trees have 100 MB.
    return read_fields(in, graph, {kInitializer, kNode}, [&](std::uint32_t tag) {
        return nested(in, [&] {
            if (tag == kNode)
                return graph.add_node()->MergeFromCodedStream(&in) && in.ConsumedEntireMessage();
            return read_initializer(in, *graph.add_initializer(), parts);
        });
    });
}

}  // namespace

bool parse_without_data(google::protobuf::io::ZeroCopyInputStream& stream, std::uint64_t size,
                        pb::ModelProto& model, FileParts& parts) {
    CodedInputStream in(&stream);
    in.PushLimit(static_cast<int>(size));
    return read_fields(in, model, {kGraph}, [&](std::uint32_t /*tag*/) {
        return nested(in, [&] { return read_graph(in, *model.mutable_graph(), parts); });
    });
}

}  // namespace espalier::onnx
