#include "tensor/npy.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "tensor/dtypes.h"

namespace espalier {
namespace {

using testing::filled;

class Npy : public ::testing::Test {
  protected:
    Tensor read(const std::string& bytes) {
        testing::put(path_, bytes);
        return read_npy(path_);
    }
    /// A version 1 file with this header.
    Tensor read(const std::string& header, const std::string& data) {
        return read(std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size() & 0xff) +
                    static_cast<char>(header.size() >> 8) + header + data);
    }
    testing::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "file.npy";
};

TEST_F(Npy, RoundTrip) {
    for (const DType dtype : testing::kDTypes) {
        if (dtype == DType::bf16) continue;
        for (const Shape& shape : {Shape{}, Shape{5}, Shape{3, 5}, Shape{2, 0, 3}}) {
            SCOPED_TRACE(std::string(name_of(dtype)) + " " + to_string(shape));
            write_npy(path_, filled(dtype, shape));
            EXPECT_EQ(read_npy(path_), filled(dtype, shape));
        }
    }
    EXPECT_ERROR(Unsupported, "npy files cannot hold bf16", write_npy(path_, filled(DType::bf16, {1})));
}

/// Byte for byte what numpy.save writes for arange(3, dtype=float32).
TEST_F(Npy, AFileOfNumpy) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    header.resize(117, ' ');
    header += '\n';
    const std::string data("\0\0\0\0\0\0\x80\x3f\0\0\0\x40", 12);
    const Tensor expected = Tensor::of<float>({3}, std::vector{0.0F, 1.0F, 2.0F});
    EXPECT_EQ(read(header, data), expected);
    const std::string bytes = read_text(path_);
    EXPECT_EQ(bytes.size(), 128U + 12U);
    write_npy(path_, expected);
    EXPECT_EQ(read_text(path_).substr(bytes.size() - 12), data);
    EXPECT_EQ((read_text(path_).size() - 12) % 64, 0U);
}

TEST_F(Npy, LongHeadersOfVersion2) {
    const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }\n";
    std::string length(4, '\0');
    length[0] = static_cast<char>(header.size());
    EXPECT_EQ(read(std::string("\x93NUMPY\2\0", 8) + length + header + "ab").shape(), (Shape{1, 2}));
    length[3] = '\x7f';
    EXPECT_ERROR(BadData, "the header is cut off",
                 read(std::string("\x93NUMPY\2\0", 8) + length + header + "ab"));
}

std::string header(const std::string& descr, const std::string& order, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

TEST_F(Npy, WhatIsNotRead) {
    EXPECT_ERROR(Unsupported, "Fortran order", read(header("'<f4'", "True", "(1,)"), "1234"));
    EXPECT_ERROR(Unsupported, "dtype '>f4'", read(header("'>f4'", "False", "(1,)"), "1234"));
    EXPECT_ERROR(Unsupported, "dtype '<c8'", read(header("'<c8'", "False", "(1,)"), "12345678"));
    EXPECT_ERROR(Unsupported, "dtype [('a'", read(header("[('a', '<f4')]", "False", "(1,)"), "1234"));
}

TEST_F(Npy, DamagedHeaders) {
    EXPECT_ERROR(BadData, "file.npy: not an npy file", read(""));
    EXPECT_ERROR(BadData, "not an npy file", read("PK\3\4 something else"));
    EXPECT_ERROR(BadData, "the header has no 'fortran_order'", read("{}", "1234"));
    EXPECT_ERROR(BadData, "the header has no 'shape'",
                 read("{'descr': '<f4', 'fortran_order': False}", "1234"));
    EXPECT_ERROR(BadData, "shape is not a tuple", read(header("'<f4'", "False", "1"), "1234"));
    EXPECT_ERROR(BadData, "shape is not a tuple", read(header("'<f4'", "False", "(1"), "1234"));
    EXPECT_ERROR(BadData, "something that is not a number", read(header("'<f4'", "False", "(x,)"), "1234"));
    EXPECT_ERROR(BadData, "something that is not a number",
                 read(header("'<f4'", "False", "(99999999999999999999,)"), "1234"));
}

TEST_F(Npy, SizesThatDoNotFit) {
    EXPECT_ERROR(BadData, "f32 2 needs 8 bytes of data, got 4",
                 read(header("'<f4'", "False", "(2,)"), "1234"));
    EXPECT_ERROR(BadData, "f32 1 needs 4 bytes of data, got 5",
                 read(header("'<f4'", "False", "(1,)"), "12345"));
    EXPECT_ERROR(BadData, "a dimension is negative", read(header("'<f4'", "False", "(-1,)"), "1234"));
    EXPECT_ERROR(BadData, "more elements than memory",
                 read(header("'<f4'", "False", "(4611686018427387904, 4611686018427387904)"), "1234"));
    EXPECT_ERROR(BadData, "element 0 of a bool tensor is byte 50",
                 read(header("'|b1'", "False", "(1,)"), "2"));
}

TEST_F(Npy, CutOffAndMutated) {
    write_npy(path_, filled(DType::f32, {3, 5}));
    const std::string whole = read_text(path_);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        EXPECT_THROW(read(whole.substr(0, size)), BadData);
    }
    Random random(1, "mutations");
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = whole;
        for (int i = 0; i < 3; ++i) bytes[random.below(128)] = static_cast<char>(random.below(256));
        try {
            read(bytes);
        } catch (const Error&) {
        }
    }
}

}  // namespace
}  // namespace espalier
