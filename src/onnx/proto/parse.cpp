#include "onnx/proto/parse.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <bit>
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
constexpr std::uint32_t kAttribute = tag_of(pb::NodeProto::kAttributeFieldNumber);
constexpr std::uint32_t kTensor = tag_of(pb::AttributeProto::kTFieldNumber);
constexpr std::uint32_t kBody = tag_of(pb::AttributeProto::kGFieldNumber);
constexpr std::uint32_t kStrings = tag_of(pb::AttributeProto::kStringsFieldNumber);
// Numbers come one by one, or packed behind one length.
constexpr std::uint32_t kInts =
    WireFormatLite::MakeTag(pb::AttributeProto::kIntsFieldNumber, WireFormatLite::WIRETYPE_VARINT);
constexpr std::uint32_t kPackedInts = tag_of(pb::AttributeProto::kIntsFieldNumber);
constexpr std::uint32_t kFloats =
    WireFormatLite::MakeTag(pb::AttributeProto::kFloatsFieldNumber, WireFormatLite::WIRETYPE_FIXED32);
constexpr std::uint32_t kPackedFloats = tag_of(pb::AttributeProto::kFloatsFieldNumber);

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
        parts.raw_data[&tensor] = {static_cast<std::uint64_t>(in.CurrentPosition()),  // the last one counts
                                   static_cast<std::uint64_t>(*length)};
        return in.Skip(*length);
    });
}

bool read_int(CodedInputStream& in, AttributeLists& lists) {
    std::uint64_t value = 0;
    if (!in.ReadVarint64(&value)) return false;
    lists.ints.push_back(static_cast<std::int64_t>(value));
    return true;
}

bool read_float(CodedInputStream& in, AttributeLists& lists) {
    std::uint32_t bits = 0;
    if (!in.ReadLittleEndian32(&bits)) return false;
    lists.floats.push_back(std::bit_cast<float>(bits));
    return true;
}

bool read_string(CodedInputStream& in, AttributeLists& lists) {
    const auto length = length_in(in);
    if (!length) return false;
    // As many as there would be if all were as long: 32 bytes for each, so only where that is not much more
    // than the file.
    constexpr int kShort = 8;
    if (lists.strings.empty() && *length >= kShort)
        lists.strings.reserve(static_cast<std::size_t>(in.BytesUntilLimit() / (*length + 2) + 1));
    return in.ReadString(&lists.strings.emplace_back(), *length);
}

/// Reads one element, and those that follow with the same tag.
template <class Read>
bool read_run(CodedInputStream& in, std::uint32_t tag, const Read& read) {
    do {
        if (!read()) return false;
    } while (in.ExpectTag(tag));
    return true;
}

template <class Read>
bool read_packed(CodedInputStream& in, const Read& read) {
    return nested(in, [&] {
        while (in.BytesUntilLimit() > 0) {
            if (!read()) return false;
        }
        return true;
    });
}

template <class Message>
bool merge_nested(CodedInputStream& in, Message& message) {
    return nested(in, [&] { return message.MergeFromCodedStream(&in) && in.ConsumedEntireMessage(); });
}

bool read_lists(CodedInputStream& in, pb::AttributeProto& attribute, AttributeLists& lists) {
    // A number takes two bytes at least; memory is not touched before it is needed.
    const auto most = static_cast<std::size_t>(in.BytesUntilLimit());
    return read_fields(in, attribute, {kTensor, kBody, kStrings, kInts, kPackedInts, kFloats, kPackedFloats},
                       [&](std::uint32_t tag) {
                           switch (tag) {
                               case kTensor:
                                   return merge_nested(in, *attribute.mutable_t());
                               case kBody:
                                   return merge_nested(in, *attribute.mutable_g());
                               case kStrings:
                                   return read_run(in, tag, [&] { return read_string(in, lists); });
                               case kInts:
                                   if (lists.ints.empty()) lists.ints.reserve(most / 2);
                                   return read_run(in, tag, [&] { return read_int(in, lists); });
                               case kPackedInts:
                                   return read_packed(in, [&] { return read_int(in, lists); });
                               case kFloats:
                                   if (lists.floats.empty()) lists.floats.reserve(most / 5);
                                   return read_run(in, tag, [&] { return read_float(in, lists); });
                               default:
                                   return read_packed(in, [&] { return read_float(in, lists); });
                           }
                       });
}

bool read_attribute(CodedInputStream& in, pb::AttributeProto& attribute, FileParts& parts, int large) {
    if (in.BytesUntilLimit() <= large)
        return attribute.MergeFromCodedStream(&in) && in.ConsumedEntireMessage();
    return read_lists(in, attribute, parts.lists[&attribute]);
}

bool read_node(CodedInputStream& in, pb::NodeProto& node, FileParts& parts, int large) {
    return read_fields(in, node, {kAttribute}, [&](std::uint32_t /*tag*/) {
        return nested(in, [&] { return read_attribute(in, *node.add_attribute(), parts, large); });
    });
}

bool read_graph(CodedInputStream& in, pb::GraphProto& graph, FileParts& parts, int large) {
    return read_fields(in, graph, {kInitializer, kNode}, [&](std::uint32_t tag) {
        return nested(in, [&] {
            if (tag == kNode) return read_node(in, *graph.add_node(), parts, large);
            return read_initializer(in, *graph.add_initializer(), parts);
        });
    });
}

}  // namespace

bool parse_without_data(google::protobuf::io::ZeroCopyInputStream& stream, std::uint64_t size,
                        pb::ModelProto& model, FileParts& parts, int large) {
    CodedInputStream in(&stream);
    in.PushLimit(static_cast<int>(size));
    return read_fields(in, model, {kGraph}, [&](std::uint32_t /*tag*/) {
        return nested(in, [&] { return read_graph(in, *model.mutable_graph(), parts, large); });
    });
}

}  // namespace espalier::onnx
