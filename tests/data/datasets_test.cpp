#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "data/dataset_format.h"
#include "data/idx_file.h"
#include "espalier/data.h"

namespace espalier::data {
namespace {

using espalier::testing::gzipped;
using espalier::testing::idx_header;
using espalier::testing::TemporaryFolder;
using espalier::testing::write_small_dataset;

class SmallDataset : public ::testing::Test {
  protected:
    void SetUp() override { write_small_dataset(folder_.path(), 30, 8); }
    Dataset load_small(std::int64_t validation, std::uint64_t seed = 0) {
        return load(
            {.dataset = "mnist", .path = folder_.path(), .validation = validation, .split_seed = seed});
    }
    TemporaryFolder folder_;
};

std::vector<std::uint8_t> first_bytes(const Examples& examples) {
    std::vector<std::uint8_t> out;
    for (std::int64_t i = 0; i < examples.count(); ++i) {
        out.push_back(examples.images.as<std::uint8_t>()[static_cast<std::size_t>(i * 6)]);
    }
    return out;
}

TEST_F(SmallDataset, SplitsWithoutLosingAnExample) {
    const Dataset dataset = load_small(10);
    EXPECT_EQ(dataset.name, "mnist");
    EXPECT_EQ(dataset.train.count(), 20);
    EXPECT_EQ(dataset.validation.count(), 10);
    EXPECT_EQ(dataset.test.count(), 8);
    EXPECT_EQ(dataset.example_shape(), (Shape{1, 2, 3}));
    EXPECT_EQ(dataset.train.images.shape(), (Shape{20, 1, 2, 3}));
    EXPECT_EQ(dataset.classes, 10);

    std::set<std::uint8_t> seen;
    for (const Examples* part : {&dataset.train, &dataset.validation}) {
        const auto bytes = first_bytes(*part);
        EXPECT_TRUE(std::is_sorted(bytes.begin(), bytes.end()));
        seen.insert(bytes.begin(), bytes.end());
        for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(part->labels[i], bytes[i] / 6 % 10);
    }
    EXPECT_EQ(seen.size(), 30U);
}

TEST_F(SmallDataset, TheSplitDependsOnItsSeedOnly) {
    EXPECT_EQ(first_bytes(load_small(10, 3).validation), first_bytes(load_small(10, 3).validation));
    EXPECT_NE(first_bytes(load_small(10, 3).validation), first_bytes(load_small(10, 4).validation));
    EXPECT_EQ(load_small(0).train.count(), 30);
}

TEST_F(SmallDataset, ValidationMustLeaveSomething) {
    EXPECT_EQ(load_small(29).train.count(), 1);
    EXPECT_ERROR(InvalidArgument, "validation = 30: expected 0 to 29", load_small(30));
    EXPECT_ERROR(InvalidArgument, "validation = -1: expected 0 to 29", load_small(-1));
}

TEST_F(SmallDataset, UnknownName) {
    EXPECT_ERROR(InvalidArgument, "data set \"mnits\" is not known; did you mean \"mnist\"?",
                 load({.dataset = "mnits"}));
}

TEST_F(SmallDataset, CountsThatDisagree) {
    write_text(folder_ / "train-labels-idx1-ubyte", idx_header(8, {3}) + std::string(3, '\1'));
    EXPECT_ERROR(BadData, "holds 30 images, but", load_small(1));
}

TEST_F(SmallDataset, LabelBeyondTheClasses) {
    write_text(folder_ / "t10k-labels-idx1-ubyte", idx_header(8, {8}) + std::string("\0\1\2\3\4\5\6\12", 8));
    EXPECT_ERROR(BadData, "label 10 of example 7, expected 0 to 9", load_small(1));
}

TEST_F(SmallDataset, ImagesOfAnotherSize) {
    write_text(folder_ / "t10k-images-idx3-ubyte.gz",
               gzipped(idx_header(8, {8, 3, 2}) + std::string(48, 'x')));
    EXPECT_ERROR(BadData, "test images are 8x1x3x2", load_small(1));
}

TEST_F(SmallDataset, MissingFileAndFolderSayWhatToDo) {
    std::filesystem::remove(folder_ / "t10k-labels-idx1-ubyte");
    EXPECT_ERROR(IoError, "has no file t10k-labels-idx1-ubyte", load_small(1));
    EXPECT_ERROR(IoError, "install Debian's package dataset-fashion-mnist",
                 load({.dataset = "fashion-mnist", .path = folder_ / "nowhere"}));
    EXPECT_ERROR(IoError, "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte",
                 load({.dataset = "mnist", .path = folder_ / "nowhere"}));
}

TEST_F(SmallDataset, FoundThroughTheEnvironment) {
    write_small_dataset(folder_ / "fashion-mnist", 5, 2);
    ::setenv("ESPALIER_DATA", folder_.path().c_str(), 1);
    EXPECT_EQ(load({.dataset = "fashion-mnist", .validation = 1}).train.count(), 4);
    ::unsetenv("ESPALIER_DATA");
}

TEST(EpochOrder, IsAPermutationOfItsSeedAndEpoch) {
    auto order = epoch_order(1, 0, 1000);
    EXPECT_EQ(order, epoch_order(1, 0, 1000));
    EXPECT_NE(order, epoch_order(1, 1, 1000));
    EXPECT_NE(order, epoch_order(2, 0, 1000));
    std::sort(order.begin(), order.end());
    for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(order[i], i);
    EXPECT_TRUE(epoch_order(1, 0, 0).empty());
    EXPECT_ERROR(InvalidArgument, "an epoch of -1 examples", epoch_order(1, 0, -1));
}

/// Every data set in the table: described, and refused clearly where it is not; where it is installed, its
/// normalisation is that of its training images.
TEST(Datasets, EveryEntry) {
    const TemporaryFolder empty;
    for (const DatasetFormat* format : datasets()) {
        SCOPED_TRACE(format->name);
        EXPECT_FALSE(format->name.empty());
        EXPECT_FALSE(format->summary.empty());
        ASSERT_NE(format->read, nullptr);
        EXPECT_ERROR(IoError, "data set \"" + std::string(format->name) + "\"",
                     format->read(empty / "nowhere"));
    }
}

void expect_normalization_of_training_images(const char* name) {
    StoredDataset stored;
    try {
        stored = datasets().get(name).read({});
    } catch (const IoError& error) {
        GTEST_SKIP() << error.what();
    }
    ASSERT_EQ(stored.train.count(), 60000);
    ASSERT_EQ(stored.test.count(), 10000);
    std::int64_t sum = 0;
    std::int64_t squares = 0;
    for (const std::int64_t byte : stored.train.images.as<std::uint8_t>()) {
        sum += byte;
        squares += byte * byte;
    }
    const auto count = static_cast<double>(stored.train.images.count());
    const double mean = static_cast<double>(sum) / count;
    const double deviation = std::sqrt(static_cast<double>(squares) / count - mean * mean);
    EXPECT_FLOAT_EQ(stored.normalization.mean.at(0), static_cast<float>(mean / 255));
    EXPECT_FLOAT_EQ(stored.normalization.deviation.at(0), static_cast<float>(deviation / 255));
}

TEST(Datasets, FashionMnistNormalization) { expect_normalization_of_training_images("fashion-mnist"); }
TEST(Datasets, MnistNormalization) { expect_normalization_of_training_images("mnist"); }

}  // namespace
}  // namespace espalier::data
