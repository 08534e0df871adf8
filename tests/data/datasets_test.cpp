#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "data/check.h"
#include "data/dataset_format.h"
#include "data/idx_file.h"
#include "data/statistics.h"
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
        out.push_back(examples.images().as<std::uint8_t>()[static_cast<std::size_t>(i * 6)]);
    }
    return out;
}

TEST(MissingLabels, AreNamed) {
    Dataset dataset;
    dataset.classes = 4;
    dataset.train = {Tensor(), {0, 1, 3, 3}};
    dataset.validation = {Tensor(), {2}};
    dataset.test = {Tensor(), {0, 1, 2, 3}};
    EXPECT_EQ(missing_labels(dataset), "");
    dataset.test = {Tensor(), {0, 2, 3}};
    EXPECT_EQ(missing_labels(dataset), "of the labels 0 to 3, 1 has no test example");
    dataset.validation = {Tensor(), {0}};
    dataset.classes = 4;
    EXPECT_EQ(missing_labels(dataset),
              "of the labels 0 to 3, 2 has no training example; 1 has no test example");
    dataset.classes = 1000;
    EXPECT_EQ(missing_labels(dataset),
              "of the labels 0 to 999, 2, 4, 5, 6 and 993 more have no training example; 1, 4, 5, 6 and 993 "
              "more have "
              "no test example");
}

TEST_F(SmallDataset, SplitsWithoutLosingAnExample) {
    const Dataset dataset = load_small(10);
    EXPECT_EQ(dataset.name, "mnist");
    EXPECT_EQ(dataset.train.count(), 20);
    EXPECT_EQ(dataset.validation.count(), 10);
    EXPECT_EQ(dataset.test.count(), 8);
    EXPECT_EQ(dataset.example_shape(), (Shape{1, 2, 3}));
    EXPECT_EQ(dataset.train.images().shape(), (Shape{20, 1, 2, 3}));
    EXPECT_EQ(dataset.classes, 10);

    std::set<std::uint8_t> seen;
    for (const Examples* part : {&dataset.train, &dataset.validation}) {
        const auto bytes = first_bytes(*part);
        EXPECT_TRUE(std::is_sorted(bytes.begin(), bytes.end()));
        seen.insert(bytes.begin(), bytes.end());
        for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(part->classes()[i], bytes[i] / 6 % 10);
    }
    EXPECT_EQ(seen.size(), 30U);
}

TEST_F(SmallDataset, TheSplitDependsOnItsSeedOnly) {
    EXPECT_EQ(first_bytes(load_small(10, 3).validation), first_bytes(load_small(10, 3).validation));
    EXPECT_NE(first_bytes(load_small(10, 3).validation), first_bytes(load_small(10, 4).validation));
    EXPECT_EQ(load_small(0).train.count(), 30);
}

TEST_F(SmallDataset, APartOfTheTestExamples) {
    const auto tested = [&](std::int64_t count, std::uint64_t seed) {
        return first_bytes(load({.dataset = "mnist",
                                 .path = folder_.path(),
                                 .validation = 10,
                                 .test = count,
                                 .split_seed = seed})
                               .test);
    };
    const auto all = tested(0, 0);
    const auto some = tested(5, 1);
    EXPECT_EQ(tested(8, 3), all);
    EXPECT_EQ(some.size(), 5U);
    EXPECT_TRUE(std::ranges::includes(all, some)) << "each once, in the order of the file";
    EXPECT_EQ(tested(5, 1), some);
    EXPECT_NE(tested(5, 2), some);
    EXPECT_ERROR(InvalidArgument, "test = 9: expected 0 (all) to 8, for \"mnist\" has 8 test examples",
                 tested(9, 0));
    EXPECT_ERROR(InvalidArgument, "test = -1: expected 0 (all) to 8", tested(-1, 0));
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

TEST_F(SmallDataset, StoredOrComputedNormalization) {
    const Normalization stored = load_small(10).normalization;
    const auto choose = [&](const char* normalize, std::int64_t validation) {
        return load({.dataset = "mnist",
                     .path = folder_.path(),
                     .validation = validation,
                     .split_seed = 0,
                     .normalize = normalize})
            .normalization;
    };
    EXPECT_EQ(choose("stored", 10), stored);
    EXPECT_FLOAT_EQ(stored.mean.at(0), 0.13066047F);
    const Normalization computed = choose("computed", 10);
    EXPECT_FLOAT_EQ(computed.mean.at(0), 89.5F / 255) << "bytes 0 to 179";
    EXPECT_FLOAT_EQ(computed.deviation.at(0), std::sqrt((180.0F * 180 - 1) / 12) / 255);
    EXPECT_EQ(choose("computed", 1), computed) << "the validation split does not change it";
    EXPECT_ERROR(InvalidArgument, "normalize = \"no\": expected \"stored\"", choose("no", 10));
}

TEST(Statistics, ChannelByChannel) {
    Examples examples{Tensor(DType::u8, {2, 2, 1, 2}), {0, 0}};
    const std::uint8_t bytes[] = {0, 100, 7, 7, 200, 100, 7, 9};
    std::copy(std::begin(bytes), std::end(bytes), examples.images().as<std::uint8_t>().begin());
    const Normalization found = statistics_of(examples.inputs.front());
    EXPECT_FLOAT_EQ(found.mean.at(0), 100.0F / 255);
    EXPECT_FLOAT_EQ(found.mean.at(1), 7.5F / 255);
    EXPECT_FLOAT_EQ(found.deviation.at(0), std::sqrt(5000.0F) / 255);
    EXPECT_FLOAT_EQ(found.deviation.at(1), std::sqrt(0.75F) / 255);
    examples.images().as<std::uint8_t>()[7] = 7;
    EXPECT_ERROR(BadData, "channel 1 is 7 in every training image", statistics_of(examples.inputs.front()));
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
                     format->read({.path = empty / "nowhere"}));
    }
}

void expect_normalization_of_training_images(const char* name, std::int64_t count) {
    StoredDataset stored;
    try {
        stored = datasets().get(name).read({});
    } catch (const IoError& error) {
        GTEST_SKIP() << error.what();
    }
    ASSERT_EQ(stored.train.count(), count);
    ASSERT_EQ(stored.test.count(), 10000);
    const Normalization computed = statistics_of(stored.train.inputs.front());
    for (std::size_t channel = 0; channel < computed.mean.size(); ++channel) {
        EXPECT_NEAR(stored.normalization->mean.at(channel), computed.mean[channel], 1e-7);
        EXPECT_NEAR(stored.normalization->deviation.at(channel), computed.deviation[channel], 1e-7);
    }
}

TEST(Datasets, FashionMnistNormalization) { expect_normalization_of_training_images("fashion-mnist", 60000); }
TEST(Datasets, MnistNormalization) { expect_normalization_of_training_images("mnist", 60000); }
TEST(Datasets, Cifar10Normalization) { expect_normalization_of_training_images("cifar-10", 50000); }
TEST(Datasets, Cifar100Normalization) { expect_normalization_of_training_images("cifar-100", 50000); }

}  // namespace
}  // namespace espalier::data
