#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "data/dataset_format.h"

namespace espalier::data {
namespace {

using espalier::testing::put;
using espalier::testing::TemporaryFolder;

/// `labels` as one record has them before its pixels, which are `first`, first + 1, ... in every plane.
std::string record(const std::string& labels, int first) {
    std::string out = labels;
    for (int i = 0; i < 3072; ++i) out += static_cast<char>(first + i % 1024 + i / 1024);
    return out;
}

std::vector<std::int32_t> labels_of(const Examples& examples) {
    return {examples.classes().begin(), examples.classes().end()};
}

class Cifar : public ::testing::Test {
  protected:
    void write_cifar_10(const std::filesystem::path& folder) {
        make_folder(folder);
        for (int i = 1; i <= 5; ++i) {
            put(folder / ("data_batch_" + std::to_string(i) + ".bin"),
                record({static_cast<char>(i)}, i) + record({static_cast<char>(9 - i)}, 10 * i));
        }
        put(folder / "test_batch.bin", record({'\7'}, 100));
    }
    void write_cifar_100(const std::filesystem::path& folder) {
        make_folder(folder);
        put(folder / "train.bin", record({'\23', '\143'}, 1) + record({'\0', '\2'}, 2));
        put(folder / "test.bin", record({'\1', '\4'}, 3));
    }
    StoredDataset read(const char* name) { return datasets().get(name).read({.path = folder_.path()}); }
    TemporaryFolder folder_;
};

TEST_F(Cifar, TenHasFiveFilesInOrder) {
    write_cifar_10(folder_.path());
    const StoredDataset stored = read("cifar-10");
    EXPECT_EQ(stored.classes, 10);
    EXPECT_EQ(labels_of(stored.train), (std::vector<std::int32_t>{1, 8, 2, 7, 3, 6, 4, 5, 5, 4}));
    EXPECT_EQ(labels_of(stored.test), (std::vector<std::int32_t>{7}));
    EXPECT_EQ(stored.train.images().shape(), (Shape{10, 3, 32, 32}));
    const auto bytes = stored.train.images().as<std::uint8_t>();
    EXPECT_EQ(bytes[3072], 10);                    // second record of the first file
    EXPECT_EQ(bytes[2 * 3072 + 1024 + 5], 2 + 6);  // first of the second, green
    EXPECT_EQ(stored.test.images().as<std::uint8_t>()[3071], (100 + 1023 + 2) % 256);
    ASSERT_TRUE(stored.normalization.has_value());
    EXPECT_FLOAT_EQ(stored.normalization->mean[2], 0.44653091F);
}

TEST_F(Cifar, HundredHasTheFineLabels) {
    write_cifar_100(folder_.path());
    const StoredDataset stored = read("cifar-100");
    EXPECT_EQ(stored.classes, 100);
    EXPECT_EQ(labels_of(stored.train), (std::vector<std::int32_t>{99, 2}));
    EXPECT_EQ(labels_of(stored.test), (std::vector<std::int32_t>{4}));
    EXPECT_EQ(stored.train.images().as<std::uint8_t>()[3072], 2);
}

TEST_F(Cifar, FoundInTheFolderOfItsArchive) {
    write_cifar_10(folder_ / "cifar-10-batches-bin");
    EXPECT_EQ(read("cifar-10").train.count(), 10);
    write_cifar_100(folder_ / "cifar-100/cifar-100-binary");
    ::setenv("ESPALIER_DATA", folder_.path().c_str(), 1);
    EXPECT_EQ(load({.dataset = "cifar-10", .validation = 2}).train.count(), 8);
    EXPECT_EQ(load({.dataset = "cifar-100", .validation = 1}).train.count(), 1);
    ::unsetenv("ESPALIER_DATA");
}

TEST_F(Cifar, CutOffFilesAndWrongLabels) {
    write_cifar_10(folder_.path());
    const std::string third = (folder_ / "data_batch_3.bin").string();
    put(third, record({'\1'}, 1).substr(0, 3000));
    EXPECT_ERROR(BadData, third + ": 3000 bytes, expected whole records of 3073", read("cifar-10"));
    put(third, "");
    EXPECT_ERROR(BadData, third + ": 0 bytes", read("cifar-10"));
    put(third, record({'\1'}, 1) + record({'\12'}, 1));
    EXPECT_ERROR(BadData, third + ": label 10 of example 1, expected 0 to 9", read("cifar-10"));
}

TEST_F(Cifar, MissingFilesSayWhereToGetThem) {
    EXPECT_ERROR(IoError, "has no file train.bin; download and unpack https://www.cs.toronto.edu/",
                 read("cifar-100"));
    EXPECT_ERROR(IoError, "into $ESPALIER_DATA/cifar-10, or say where they are with data.path",
                 datasets().get("cifar-10").read({.path = folder_ / "nowhere"}));
}

}  // namespace
}  // namespace espalier::data
