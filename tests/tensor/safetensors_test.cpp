#include "espalier/safetensors.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "base/expect_error.h"
#include "base/file_size_limit.h"
#include "base/files.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "tensor/dtypes.h"

namespace espalier {
namespace {

using testing::filled;

class Safetensors : public ::testing::Test {
  protected:
    SafetensorsFile read(const std::string& bytes) {
        testing::put(path_, bytes);
        return read_safetensors(path_);
    }
    /// A file made by hand.
    SafetensorsFile read(const std::string& header, const std::string& data) {
        std::string length(8, '\0');
        const std::uint64_t size = header.size();
        std::memcpy(length.data(), &size, sizeof size);
        return read(length + header + data);
    }
    testing::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "file.safetensors";
};

NamedTensors every_dtype() {
    NamedTensors tensors;
    for (const DType dtype : testing::kDTypes) {
        for (const Shape& shape : {Shape{}, Shape{3, 5}, Shape{0}}) {
            tensors.emplace(std::string(name_of(dtype)) + " " + to_string(shape), filled(dtype, shape));
        }
    }
    return tensors;
}

TEST_F(Safetensors, RoundTrip) {
    const Metadata metadata = {{"step", "12"}, {"quote", "a \"b\"\n\xc3\xa9"}};
    write_safetensors(path_, every_dtype(), metadata);
    const SafetensorsFile file = read_safetensors(path_);
    EXPECT_TRUE(file.tensors == every_dtype());
    EXPECT_EQ(file.metadata, metadata);

    const std::string bytes = read_text(path_);
    write_safetensors(path_, file.tensors, file.metadata);
    EXPECT_EQ(read_text(path_), bytes);
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    EXPECT_EQ(header % 8, 0U);
}

TEST_F(Safetensors, NothingAtAll) {
    write_safetensors(path_, {});
    EXPECT_TRUE(read_safetensors(path_).tensors.empty());
}

TEST_F(Safetensors, AFileOfAnotherProgram) {
    const auto file =
        read(R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]},)"
             R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"__metadata__":{"format":"pt"}}  )",
             std::string("\1\2\0\0\x80\x3f\0\0\0\x40", 10));
    EXPECT_EQ(file.tensors.at("b"), Tensor::of<float>({2}, std::vector{1.0F, 2.0F}));
    EXPECT_EQ(file.tensors.at("a").as<std::uint8_t>()[1], 2);
    EXPECT_EQ(file.metadata.at("format"), "pt");
}

TEST_F(Safetensors, DamagedHeaders) {
    EXPECT_ERROR(BadData, "shorter than 8 bytes", read("1234567"));
    EXPECT_ERROR(BadData, "header of 255 bytes in a file of 10",
                 read(std::string("\xff\0\0\0\0\0\0\0{}", 10)));
    EXPECT_ERROR(BadData, "cut off, or not a safetensors file", read(std::string(100, '\xff')));
    EXPECT_ERROR(BadData, "bad safetensors header", read("{", ""));
    EXPECT_ERROR(BadData, "the header is not a JSON object", read("[]", ""));
    EXPECT_ERROR(BadData, "bad safetensors header", read(R"({"a":1})", ""));
    EXPECT_ERROR(BadData, "bad safetensors header", read(R"({"a":{"dtype":"F32","shape":[1]}})", "1234"));
    EXPECT_ERROR(BadData, "bad safetensors header", read(R"({"__metadata__":{"n":1}})", ""));
    EXPECT_ERROR(BadData, "tensor \"a\": unknown dtype \"F7\"",
                 read(R"({"a":{"dtype":"F7","shape":[1],"data_offsets":[0,4]}})", "1234"));
    EXPECT_ERROR(BadData, "file.safetensors: ", read("\xff\xff", ""));
    EXPECT_ERROR(BadData, "bad safetensors header", read(std::string(100000, '['), ""));
}

/// A header with one tensor of these JSON values.
std::string one_tensor(const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

TEST_F(Safetensors, SizesThatDoNotFit) {
    const std::string four = "1234";
    EXPECT_ERROR(BadData, "tensor \"a\": bytes 0..8 of 4, the file is cut off",
                 read(one_tensor("[2]", "[0,8]"), four));
    EXPECT_ERROR(BadData, "bytes 4..0 of 4", read(one_tensor("[1]", "[4,0]"), four));
    EXPECT_ERROR(BadData, "tensor \"a\": f32 2 needs 8 bytes, got 4", read(one_tensor("[2]", "[0,4]"), four));
    EXPECT_ERROR(BadData, "more elements than memory",
                 read(one_tensor("[4611686018427387904,4611686018427387904]", "[0,4]"), four));
    EXPECT_ERROR(BadData, "a dimension is negative",
                 read(one_tensor("[18446744073709551615]", "[0,4]"), four));
    EXPECT_ERROR(BadData, "-1 is not a size", read(one_tensor("[-1]", "[0,4]"), four));
    EXPECT_ERROR(BadData, "1.5 is not a size", read(one_tensor("[1.5]", "[0,4]"), four));
    EXPECT_ERROR(BadData, "1e+300 is not a size", read(one_tensor("[1]", "[0,1e300]"), four));
    EXPECT_ERROR(BadData, "its shape is not a list", read(one_tensor("1", "[0,4]"), four));
    EXPECT_ERROR(BadData, "data_offsets is not a pair", read(one_tensor("[1]", "[0,4,8]"), four));
    EXPECT_EQ(read(one_tensor("[1]", "[0,4]"), four).tensors.size(), 1U);
}

TEST_F(Safetensors, EveryByteBelongsToOneTensor) {
    const auto two = [](const std::string& a, const std::string& b) {
        return R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + a +
               R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + b + "}}";
    };
    EXPECT_EQ(read(two("[2,4]", "[0,2]"), "1234").tensors.size(), 2U);
    EXPECT_ERROR(BadData, "tensor \"b\" starts at byte 0, expected 2: tensors overlap",
                 read(two("[0,2]", "[0,2]"), "12"));
    EXPECT_ERROR(BadData, "tensor \"b\" starts at byte 1, expected 2", read(two("[0,2]", "[1,3]"), "123"));
    EXPECT_ERROR(BadData, "tensor \"b\" starts at byte 3, expected 2", read(two("[0,2]", "[3,5]"), "12345"));
    EXPECT_ERROR(BadData, "1 bytes follow the last tensor", read(two("[0,2]", "[2,4]"), "12345"));
}

TEST_F(Safetensors, BooleansAreZeroOrOne) {
    const std::string header = R"({"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})";
    EXPECT_EQ(read(header, std::string("\1\0", 2)).tensors.size(), 1U);
    EXPECT_ERROR(BadData, "tensor \"a\": element 1 of a bool tensor is byte 2", read(header, "\1\2"));
}

TEST_F(Safetensors, CutOffAnywhere) {
    write_safetensors(path_, every_dtype(), {{"key", "value"}});
    const std::string whole = read_text(path_);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        EXPECT_THROW(read(whole.substr(0, size)), BadData);
    }
}

TEST_F(Safetensors, MutationsAreReadOrRefused) {
    write_safetensors(path_, every_dtype(), {{"key", "value"}});
    const std::string whole = read_text(path_);
    Random random(1, "mutations");
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = whole;
        for (int i = 0; i < 3; ++i) bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        try {
            read(bytes);
        } catch (const BadData&) {
        }
    }
}

TEST_F(Safetensors, NamesThatTheFormatCannotHold) {
    NamedTensors tensors;
    tensors.emplace("__metadata__", Tensor());
    EXPECT_ERROR(InvalidArgument, "a tensor cannot be called __metadata__",
                 write_safetensors(path_, tensors));
    tensors.clear();
    tensors.emplace("\xff", Tensor());
    EXPECT_ERROR(InvalidArgument, "a name is not UTF-8", write_safetensors(path_, tensors));
    EXPECT_TRUE(folder_.empty());
}

TEST_F(Safetensors, AFullDiskLeavesNothing) {
    const testing::FileSizeLimit limit(100);
    EXPECT_THROW(write_safetensors(path_, every_dtype()), IoError);
    EXPECT_TRUE(folder_.empty());
}

}  // namespace
}  // namespace espalier
