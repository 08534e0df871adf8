#include "onnx/proto/parse.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/files.h"
#include "base/random.h"
#include "onnx/models.h"
#include "onnx/mutate.h"

namespace espalier::onnx {
namespace {

/// The whole message: what was left out is put back. Nothing if the bytes are none. `large`: bytes of an
/// attribute whose lists are left out.
std::optional<pb::ModelProto> parsed(const std::string& bytes, int block = -1, int large = 0) {
    google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()), block);
    pb::ModelProto model;
    FileParts parts;
    if (!parse_without_data(stream, bytes.size(), model, parts, large)) return std::nullopt;
    for (pb::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
        EXPECT_FALSE(tensor.has_raw_data());
        const auto part = parts.raw_data.find(&tensor);
        if (part != parts.raw_data.end())
            tensor.set_raw_data(bytes.substr(part->second.offset, part->second.size));
    }
    for (pb::NodeProto& node : *model.mutable_graph()->mutable_node()) {
        for (pb::AttributeProto& attribute : *node.mutable_attribute()) {
            const auto lists = parts.lists.find(&attribute);
            if (lists == parts.lists.end()) continue;
            EXPECT_TRUE(attribute.ints().empty() && attribute.floats().empty() &&
                        attribute.strings().empty());
            for (const std::int64_t value : lists->second.ints) attribute.add_ints(value);
            for (const float value : lists->second.floats) attribute.add_floats(value);
            for (const std::string& value : lists->second.strings) attribute.add_strings(value);
        }
    }
    return model;
}

std::optional<pb::ModelProto> parsed_by_protobuf(const std::string& bytes) {
    pb::ModelProto model;
    if (!model.ParseFromString(bytes)) return std::nullopt;
    model.mutable_graph();  // as in parsed()
    return model;
}

::testing::AssertionResult same(const std::string& bytes) {
    const auto ours = parsed(bytes, 7);  // fields lie across blocks
    EXPECT_EQ(parsed(bytes, 7, kLargeAttribute).has_value(), ours.has_value());
    const auto theirs = parsed_by_protobuf(bytes);
    if (ours.has_value() != theirs.has_value())
        return ::testing::AssertionFailure() << (ours ? "only ours reads it" : "only protobuf reads it");
    if (!ours || ours->SerializeAsString() == theirs->SerializeAsString())
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "another message";
}

TEST(Parse, LeavesRawDataOut) {
    const std::string bytes = testing::small_proto().SerializeAsString();
    google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
    pb::ModelProto model;
    FileParts parts;
    ASSERT_TRUE(parse_without_data(stream, bytes.size(), model, parts));
    EXPECT_EQ(parts.raw_data.size(), 4U);
    EXPECT_TRUE(same(bytes));
}

TEST(Parse, OfRawDataGivenTwiceTheLastCounts) {
    pb::ModelProto first;
    first.mutable_graph()->add_initializer()->set_raw_data("long, and then");
    pb::TensorProto again;
    again.set_raw_data("short");
    // Fields of one message that follow one another are merged.
    const std::string tensor = first.graph().initializer(0).SerializeAsString() + again.SerializeAsString();
    const auto field = [](char tag, const std::string& message) {
        return std::string{tag, static_cast<char>(message.size())} + message;
    };
    const std::string bytes = field('\x3a', field('\x2a', tensor));
    EXPECT_TRUE(same(bytes));
    EXPECT_EQ(parsed(bytes)->graph().initializer(0).raw_data(), "short");
    EXPECT_TRUE(same(bytes + bytes));  // two graphs are merged too
    EXPECT_EQ(parsed(bytes + bytes)->graph().initializer_size(), 2);
}

TEST(Parse, RefusesLengthsBeyondWhatIsAround) {
    const std::string whole = testing::small_proto().SerializeAsString();
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_TRUE(same(whole.substr(0, size))) << size;
}

TEST(Parse, ReadsWhatProtobufReads) {
    Random random(1, "parse");
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(ESPALIER_SOURCE_DIR "/fuzz/corpus"))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        const std::string bytes = read_text(file);
        EXPECT_TRUE(same(bytes)) << file;
        for (int round = 0; round < 20; ++round) EXPECT_TRUE(same(testing::mutated(bytes, random))) << file;
    }
}

}  // namespace
}  // namespace espalier::onnx
