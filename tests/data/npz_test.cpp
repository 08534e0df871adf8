#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "data/dataset_format.h"
#include "tensor/npy.h"
#include "tensor/zip_file.h"

namespace espalier::data {
namespace {

using espalier::testing::PackedEntry;
using espalier::testing::put;
using espalier::testing::TemporaryFolder;
using espalier::testing::zip_file;

Tensor images(const Shape& shape) {
    Tensor tensor(DType::u8, shape);
    std::uint8_t next = 0;
    for (std::uint8_t& byte : tensor.as<std::uint8_t>()) byte = next++;
    return tensor;
}

template <class T>
Tensor labels(const std::vector<T>& values) {
    return Tensor::of<T>({static_cast<std::int64_t>(values.size())}, values);
}

std::vector<std::int32_t> labels_of(const Examples& examples) {
    return {examples.classes().begin(), examples.classes().end()};
}

/// Arrays by the names that an archive gives them; written as an archive or as files.
class Npz : public ::testing::Test {
  protected:
    void SetUp() override {
        arrays_["x_train"] = images({3, 2, 2});
        arrays_["y_train"] = labels<std::int64_t>({2, 0, 1});
        arrays_["x_test"] = images({2, 2, 2});
        arrays_["y_test"] = labels<std::int64_t>({1, 1});
    }
    std::filesystem::path write_archive(bool deflated = false) {
        std::vector<PackedEntry> entries;
        for (const auto& [name, array] : arrays_) {
            write_npy(folder_ / "array", array);
            entries.push_back({name + ".npy", read_text(folder_ / "array"), deflated, std::string(20, 'e')});
        }
        std::filesystem::remove(folder_ / "array");
        put(folder_ / "data.npz", zip_file(entries));
        return folder_ / "data.npz";
    }
    void write_files() {
        for (const auto& [from, to] : {std::pair("x_train", "train-images.npy"),
                                       {"y_train", "train-labels.npy"},
                                       {"x_test", "test-images.npy"},
                                       {"y_test", "test-labels.npy"}}) {
            write_npy(folder_ / to, arrays_.at(from));
        }
    }
    static StoredDataset read(const std::filesystem::path& path) {
        return datasets().get("npz").read({.path = path});
    }
    StoredDataset read_again() { return read(write_archive()); }

    TemporaryFolder folder_;
    std::map<std::string, Tensor> arrays_;
};

void expect_the_arrays(const StoredDataset& stored) {
    EXPECT_EQ(stored.classes, 3);
    EXPECT_FALSE(stored.normalization.has_value());
    EXPECT_EQ(stored.train.images().shape(), (Shape{3, 1, 2, 2}));
    EXPECT_EQ(stored.train.images().as<std::uint8_t>()[11], 11);
    EXPECT_EQ(labels_of(stored.train), (std::vector<std::int32_t>{2, 0, 1}));
    EXPECT_EQ(labels_of(stored.test), (std::vector<std::int32_t>{1, 1}));
}

TEST_F(Npz, ArchiveStoredOrDeflated) {
    for (const bool deflated : {false, true}) {
        write_archive(deflated);
        expect_the_arrays(read(folder_ / "data.npz"));
        expect_the_arrays(read(folder_.path()));
    }
}

TEST_F(Npz, FourFiles) {
    write_files();
    expect_the_arrays(read(folder_.path()));
}

TEST_F(Npz, FoundThroughTheEnvironment) {
    std::filesystem::create_directory(folder_ / "npz");
    std::filesystem::rename(write_archive(), folder_ / "npz/any-name.npz");
    ::setenv("ESPALIER_DATA", folder_.path().c_str(), 1);
    EXPECT_EQ(load({.dataset = "npz", .validation = 1}).train.count(), 2);
    ::unsetenv("ESPALIER_DATA");
}

TEST_F(Npz, ColourImagesAndEveryIntegerType) {
    arrays_["x_train"] = images({3, 3, 2, 2});
    arrays_["x_test"] = images({2, 3, 2, 2});
    const Tensor every[] = {
        labels<std::uint8_t>({2, 0, 1}),  labels<std::int8_t>({2, 0, 1}),
        labels<std::uint16_t>({2, 0, 1}), labels<std::int16_t>({2, 0, 1}),
        labels<std::uint32_t>({2, 0, 1}), labels<std::int32_t>({2, 0, 1}),
        labels<std::uint64_t>({2, 0, 1}), labels<std::int64_t>({2, 0, 1}).reshaped({3, 1})};
    for (const Tensor& train : every) {
        arrays_["y_train"] = train;
        const StoredDataset stored = read_again();
        EXPECT_EQ(stored.train.images().shape(), (Shape{3, 3, 2, 2}));
        EXPECT_EQ(labels_of(stored.train), (std::vector<std::int32_t>{2, 0, 1})) << name_of(train.dtype());
    }
}

/// Features and tokens: f64 become f32, i32 become i64; no shape is looked for.
TEST_F(Npz, NumbersThatAreNoImages) {
    for (const bool wide : {false, true}) {
        arrays_["x_train"] = Tensor(wide ? DType::f64 : DType::f32, {3, 5});
        arrays_["x_test"] = Tensor(DType::f32, {2, 5});
        if (wide) arrays_["x_train"].as<double>()[4] = 1.5;
        if (!wide) arrays_["x_train"].f32()[4] = 1.5F;
        const StoredDataset stored = read_again();
        EXPECT_FALSE(stored.train.are_images());
        EXPECT_EQ(stored.train.images().shape(), (Shape{3, 5}));
        EXPECT_EQ(stored.train.images().f32()[4], 1.5F);
    }
    arrays_["x_train"] = Tensor::of<std::int32_t>({3, 2}, std::vector<std::int32_t>{1, 2, 3, 4, 5, 6});
    arrays_["x_test"] = Tensor(DType::i64, {2, 2});
    const StoredDataset stored = read_again();
    EXPECT_EQ(stored.train.inputs.front().batch_dtype(), DType::i64);
    EXPECT_EQ(stored.train.images().as<std::int64_t>()[5], 6);
}

/// Each by the name of a network's input; images first.
TEST_F(Npz, SeveralInputs) {
    for (const char* part : {"train", "test"}) {
        const std::string x = std::string("x_") + part;
        const std::int64_t count = arrays_[x].shape()[0];
        arrays_[x + ".picture"] = std::exchange(arrays_[x], Tensor());
        arrays_.erase(x);
        arrays_[x + ".ids"] = Tensor(DType::i32, {count, 4});
        arrays_[x + ".mask"] = Tensor(DType::boolean, {count, 4});
        arrays_[x + ".age"] = Tensor(DType::f16, {count});
    }
    arrays_["x_train.mask"].as<bool>()[5] = true;
    reinterpret_cast<std::uint16_t*>(arrays_["x_train.age"].bytes().data())[1] = 0x3e00;
    const StoredDataset stored = read_again();
    std::vector<std::string> names;
    for (const Input& input : stored.train.inputs) names.push_back(input.name);
    EXPECT_EQ(names, (std::vector<std::string>{"picture", "age", "ids", "mask"}));
    EXPECT_EQ(stored.train.inputs[1].values.f32()[1], 1.5F);
    EXPECT_EQ(stored.train.inputs[3].values.as<std::int64_t>()[5], 1);
    const Examples two = select(stored.train, std::vector<std::uint32_t>{2, 1});
    EXPECT_EQ(two.inputs[1].values.f32()[1], 1.5F);
    EXPECT_EQ(labels_of(two), (std::vector<std::int32_t>{1, 0}));

    arrays_["x_train.other"] = images({3, 2, 2});
    EXPECT_ERROR(BadData, "inputs \"other\" and \"picture\" are both images", read_again());
    arrays_["x_train.other"] = Tensor(DType::f32, {3, 1});
    EXPECT_ERROR(
        BadData,
        "training inputs are \"picture\", \"age\", \"ids\", \"mask\", \"other\", but test inputs are",
        read_again());
    arrays_.erase("x_train.other");
    arrays_["x_test.ids"] = Tensor(DType::i32, {2, 5});
    EXPECT_ERROR(BadData, "training input \"ids\" are 3x4, but test input \"ids\" are 2x5", read_again());
}

TEST_F(Npz, TargetsThatAreNumbers) {
    arrays_["y_train"] = Tensor::of<double>({3, 2}, std::vector<double>{1, 2, 3, 4, 5, 6.5});
    arrays_["y_test"] = Tensor(DType::f32, {2, 2});
    const StoredDataset stored = read_again();
    EXPECT_EQ(stored.classes, 0);
    EXPECT_FALSE(stored.train.have_classes());
    EXPECT_EQ(stored.train.targets.f32()[5], 6.5F);
    arrays_["y_train"].as<double>()[3] = std::nan("");
    EXPECT_ERROR(BadData, "y_train: the target of position 1 of example 1 is nan, expected a finite number",
                 read_again());
    EXPECT_ERROR(BadData, "targets are f64, and data.ignore is for integers",
                 datasets().get("npz").read({.path = write_archive(), .ignore = {0}}));
}

TEST_F(Npz, ClassesAtEveryPosition) {
    const auto values = std::vector<std::int64_t>{2, 255, 1, 1, 255, 3};
    arrays_["y_train"] = Tensor::of<std::int64_t>({3, 2}, values);
    arrays_["y_test"] = Tensor::of<std::uint8_t>({2, 2}, std::vector<std::uint8_t>{0, 255, 3, 1});
    const auto reading = [&](std::vector<std::int64_t> ignore) {
        return datasets().get("npz").read({.path = write_archive(), .ignore = std::move(ignore)});
    };
    const StoredDataset stored = reading({255});
    EXPECT_TRUE(stored.train.have_positions());
    EXPECT_EQ(labels_of(stored.train), (std::vector<std::int32_t>{2, kNoClass, 1, 1, kNoClass, 3}));
    EXPECT_EQ(stored.classes, 4);
    EXPECT_ERROR(BadData, "y_train: example 1 has no target that data.ignore leaves", reading({255, 1}));
    arrays_["y_test"].as<std::uint8_t>()[0] = 9;
    EXPECT_ERROR(BadData, "y_test: label 9, expected 0 to 3", reading({255}));
    arrays_["y_train"].as<std::int64_t>()[0] = -7;
    EXPECT_ERROR(BadData,
                 "y_train: label -7 of position 0 of example 0, expected 0 to 999999 (or one of data.ignore)",
                 reading({255}));
}

TEST_F(Npz, FilesByTheNamesOfArrays) {
    for (const auto& [name, array] : arrays_)
        write_npy(folder_ / (name.starts_with("x") ? name + ".in.npy" : name + ".npy"), array);
    const StoredDataset stored = read(folder_.path());
    EXPECT_EQ(stored.train.inputs.front().name, "in");
    EXPECT_EQ(labels_of(stored.train), (std::vector<std::int32_t>{2, 0, 1}));
}

TEST_F(Npz, LabelsOutOfRange) {
    arrays_["y_test"] = labels<std::int64_t>({1, 3});
    EXPECT_ERROR(BadData, "y_test: label 3 of example 1, expected 0 to 2", read_again());
    arrays_["y_train"] = labels<std::int64_t>({0, -1, 1});
    EXPECT_ERROR(BadData, "y_train: label -1 of example 1, expected 0 to 999999", read_again());
    arrays_["y_train"] = labels<std::uint64_t>({0, 1, ~std::uint64_t{0}});
    EXPECT_ERROR(BadData, "y_train: label 18446744073709551615 of example 2", read_again());
    arrays_["y_train"] = labels<std::int8_t>({1, 3, 2});
    EXPECT_ERROR(BadData, "training labels are 1 to 3, expected them to count from 0", read_again());
}

TEST_F(Npz, ArraysThatDoNotFit) {
    const auto expect = [&](const char* name, const Tensor& array, const char* words) {
        const Tensor before = std::exchange(arrays_[name], array);
        EXPECT_ERROR(BadData, words, read_again());
        arrays_[name] = before;
    };
    expect("x_train", images({2, 2, 2}), "x_train holds 2 images, but");
    expect("x_train", images({3, 4}), "x_train: images are 3x4, expected [n, h, w]");
    expect("x_train", images({3, 8, 8, 3}), "looks like [n, h, w, c], expected [n, c, h, w]");
    expect("x_train", Tensor(DType::u64, {3, 2, 2}),
           "examples are u64, expected u8 (images), other integers, bool or floating point");
    expect("x_train", Tensor(DType::f32, {3}), "x_train: examples are 3, expected [n, ...]");
    expect("x_train", Tensor(DType::f32, {3, 2, 2}), "x_train is f32, but x_test is u8");
    expect("y_train", Tensor(DType::f32, {3}),
           "y_train is numbers (floating point), but y_test is classes (integers)");
    expect("y_train", Tensor(DType::boolean, {3}), "y_train: targets are bool, expected integers");
    expect("y_train", Tensor(DType::i64, {3, 10}), "y_train is 3x10, but y_test is 2");
    expect("x_test", images({2, 2, 3}), "training images are 3x1x2x2, but test images are 2x1x2x3");
    arrays_["y_test"] = labels<std::int64_t>({});
    expect("x_test", images({0, 2, 2}), "test images are 0x1x2x2, expected at least one pixel");
}

TEST_F(Npz, DamagedAndMissing) {
    const auto path = write_archive(true);
    const std::string archive = read_text(path);
    for (std::size_t size = 0; size < archive.size(); size += 7) {
        put(path, archive.substr(0, size));
        EXPECT_ERROR(BadData, path.string() + ": ", read(path));
    }
    arrays_.erase("y_test");
    EXPECT_ERROR(BadData, "y_test: no y_test.npy among its 3 entries: x_test.npy, x_train.npy, y_train.npy",
                 read_again());
    std::filesystem::copy_file(path, folder_ / "other.npz");
    EXPECT_ERROR(IoError, "has no train-images.npy and 2 .npz files, expected one; save your own arrays",
                 read(folder_.path()));
    EXPECT_ERROR(IoError, "there is no /nowhere.npz", read("/nowhere.npz"));
}

TEST_F(Npz, AFileOfTheFourIsMissing) {
    write_files();
    std::filesystem::remove(folder_ / "test-labels.npy");
    EXPECT_ERROR(IoError, "has no file test-labels.npy", read(folder_.path()));
    put(folder_ / "train-labels.npy", "no");
    EXPECT_ERROR(BadData, (folder_ / "train-labels.npy").string() + ": not an npy file",
                 read(folder_.path()));
}

}  // namespace
}  // namespace espalier::data
