#include "tensor/npz.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "tensor/dtypes.h"
#include "tensor/npy.h"
#include "tensor/zip_file.h"

namespace espalier {
namespace {

using testing::filled;
using testing::zip_file;

void any(std::string_view) {}

class Npz : public ::testing::Test {
  protected:
    NamedTensors read(const std::string& bytes) {
        testing::put(path_, bytes);
        return read_npz(path_, any);
    }
    testing::TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "file.npz";
};

TEST_F(Npz, RoundTripOfEveryType) {
    NamedTensors arrays;
    for (const DType dtype : testing::kDTypes) {
        if (dtype != DType::bf16) arrays.emplace(name_of(dtype), filled(dtype, {3, 5}));
    }
    arrays.emplace("scalar", filled(DType::f32, {}));
    arrays.emplace("empty", filled(DType::i64, {2, 0}));
    arrays.emplace("a/path.like:name", filled(DType::f32, {1}));
    write_npz(path_, arrays);
    EXPECT_EQ(read_npz(path_, any), arrays);
    const std::string first = read_text(path_);
    write_npz(path_, arrays);
    EXPECT_EQ(read_text(path_), first);
    EXPECT_ERROR(Unsupported, "file.npz: b: npy files cannot hold bf16",
                 write_npz(path_, {{"b", filled(DType::bf16, {1})}}));
    EXPECT_EQ(read_text(path_), first);
}

TEST_F(Npz, StoredAndDeflated) {
    const Tensor tensor(DType::f32, {100, 100});
    const NamedTensors arrays =
        read(zip_file({{.name = "a.npy", .content = npy_bytes(tensor)},
                       {.name = "b.npy", .content = npy_bytes(tensor), .deflated = true}}));
    EXPECT_EQ(arrays, (NamedTensors{{"a", tensor}, {"b", tensor}}));
    EXPECT_TRUE(read(zip_file({})).empty());
}

TEST_F(Npz, WhatIsNotWantedIsNotUnpacked) {
    testing::put(path_, zip_file({{.name = "a.npy", .content = "not an array at all"}}));
    EXPECT_ERROR(BadData, "file.npz: no a here", read_npz(path_, [](std::string_view name) {
                     throw BadData("no " + std::string(name) + " here");
                 }));
}

TEST_F(Npz, WhatIsNotAnArchiveOfArrays) {
    const std::string good = npy_bytes(filled(DType::f32, {2}));
    EXPECT_ERROR(BadData, "file.npz: not a ZIP archive", read(good));
    EXPECT_ERROR(BadData, "file.npz: holds a.txt, expected arrays", read(zip_file({{"a.txt", good}})));
    EXPECT_ERROR(BadData, "file.npz: a.npy: not an npy file", read(zip_file({{"a.npy", "text"}})));
    EXPECT_ERROR(BadData, "file.npz: a.npy: f32 2 needs 8 bytes of data, got 7",
                 read(zip_file({{"a.npy", good.substr(0, good.size() - 1)}})));
    EXPECT_ERROR(BadData, "two entries named a.npy", read(zip_file({{"a.npy", good}, {"a.npy", good}})));
    std::string wrong = zip_file({{"a.npy", good}});
    wrong[wrong.find("a.npy") + 5 + good.size() - 1] ^= 1;
    EXPECT_ERROR(BadData, "file.npz: a.npy: the ZIP archive is cut off or damaged: CRC error", read(wrong));
}

TEST_F(Npz, CutOffAndMutated) {
    write_npz(path_, {{"a", filled(DType::f32, {3, 5})}, {"b", filled(DType::boolean, {7})}});
    const std::string whole = read_text(path_);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        EXPECT_THROW(read(whole.substr(0, size)), BadData);
    }
    Random random(1, "mutations");
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = whole;
        for (int i = 0; i < 3; ++i) bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        try {
            read(bytes);
        } catch (const Error&) {
        }
    }
}

}  // namespace
}  // namespace espalier
