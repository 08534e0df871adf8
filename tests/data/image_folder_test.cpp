#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "data/dataset_format.h"
#include "data/image_files.h"

namespace espalier::data {
namespace {

using espalier::testing::jpeg_file;
using espalier::testing::plain_png;
using espalier::testing::png_file;
using espalier::testing::put;
using espalier::testing::TemporaryFolder;

std::vector<std::int32_t> labels_of(const Examples& examples) {
    return {examples.classes().begin(), examples.classes().end()};
}

/// train: two of "ant", one of "bee"; test: one of "bee". 3 x 2 pixels of one colour each.
class ImageFolder : public ::testing::Test {
  protected:
    void SetUp() override {
        add("train/bee/b.png", plain_png(2, 3, 40, 50, 60));
        add("train/ant/2.png", plain_png(2, 3, 10, 20, 30));
        add("train/ant/1.PNG", plain_png(2, 3, 70, 80, 90));
        add("test/bee/x.jpg", jpeg_file(2, 3, 3, std::vector<std::uint8_t>(18, 99)));
        add("train/ant/.hidden", "is not looked at");
    }
    void add(const std::string& name, const std::string& bytes) {
        make_folder((folder_ / name).parent_path());
        put(folder_ / name, bytes);
    }
    StoredDataset read() { return datasets().get("image-folder").read({.path = folder_.path()}); }
    std::string in(const char* name) { return (folder_ / name).string(); }
    TemporaryFolder folder_;
};

TEST_F(ImageFolder, ClassesAndPicturesInTheOrderOfTheirNames) {
    const StoredDataset stored = read();
    EXPECT_EQ(stored.classes, 2);
    EXPECT_FALSE(stored.normalization.has_value());
    EXPECT_EQ(stored.train.images().shape(), (Shape{3, 3, 3, 2}));
    EXPECT_EQ(labels_of(stored.train), (std::vector<std::int32_t>{0, 0, 1}));
    EXPECT_EQ(labels_of(stored.test), (std::vector<std::int32_t>{1}));
    const auto bytes = stored.train.images().as<std::uint8_t>();
    const int first[] = {70, 80, 90, 10, 20, 30, 40, 50, 60};  // planes of 6, three a picture
    for (std::size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], first[i / 6]) << i;
    for (const std::uint8_t byte : stored.test.images().as<std::uint8_t>()) EXPECT_NEAR(byte, 99, 1);
}

TEST_F(ImageFolder, RowsAndColumnsStayInPlace) {
    std::vector<std::uint8_t> rows(18);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint8_t>(i);
    add("train/ant/1.PNG", png_file(2, 3, rows));
    const StoredDataset stored = read();
    for (std::size_t channel = 0; channel < 3; ++channel) {
        for (std::size_t i = 0; i < 6; ++i)
            EXPECT_EQ(stored.train.images().as<std::uint8_t>()[channel * 6 + i], i * 3 + channel);
    }
}

TEST_F(ImageFolder, FoundThroughTheEnvironment) {
    std::filesystem::create_directories(folder_ / "image-folder");
    std::filesystem::rename(folder_ / "train", folder_ / "image-folder/train");
    std::filesystem::rename(folder_ / "test", folder_ / "image-folder/test");
    ::setenv("ESPALIER_DATA", folder_.path().c_str(), 1);
    const Dataset dataset = load({.dataset = "image-folder", .validation = 1});
    ::unsetenv("ESPALIER_DATA");
    EXPECT_EQ(dataset.train.count(), 2);
    ASSERT_EQ(dataset.normalization.mean.size(), 3U);
    EXPECT_FLOAT_EQ(dataset.normalization.mean[0], 40.0F / 255);
    EXPECT_FLOAT_EQ(dataset.normalization.deviation[0], std::sqrt(600.0F) / 255);
}

TEST_F(ImageFolder, AnotherSizeNamesTheFile) {
    add("train/bee/b.png", plain_png(3, 2, 1, 2, 3));
    EXPECT_ERROR(BadData, in("train/bee/b.png") + ": 3x2x3 (channels, height, width), expected 3x3x2",
                 read());
    add("train/bee/b.png", png_file(2, 3, std::vector<std::uint8_t>(6), {.color_type = PNG_COLOR_TYPE_GRAY}));
    EXPECT_ERROR(BadData, in("train/bee/b.png") + ": 1x3x2", read());
}

TEST_F(ImageFolder, ACorruptImageNamesTheFile) {
    add("test/bee/x.jpg", jpeg_file(2, 3, 3, std::vector<std::uint8_t>(18, 99)).substr(0, 300));
    EXPECT_ERROR(BadData, in("test/bee/x.jpg") + ": damaged JPEG", read());
    add("train/ant/2.png", plain_png(2, 3, 1, 2, 3).substr(0, 60));
    EXPECT_ERROR(BadData, in("train/ant/2.png") + ": damaged PNG", read());
    add("train/ant/2.png", "");
    EXPECT_ERROR(BadData, in("train/ant/2.png") + ": neither", read());
    add("train/ant/2.png", png_file(1, 1, {1, 2, 3, 4, 5, 6}, {.depth = 16}));
    EXPECT_ERROR(Unsupported, in("train/ant/2.png") + ": 16 bits", read());
}

TEST_F(ImageFolder, ContentDecidesNotTheName) {
    add("train/ant/2.png", jpeg_file(2, 3, 3, std::vector<std::uint8_t>(18, 7)));
    EXPECT_EQ(read().train.count(), 3);
}

TEST_F(ImageFolder, FilesThatDoNotBelong) {
    add("train/ant/list.txt", "x");
    EXPECT_ERROR(BadData, in("train/ant/list.txt") + ": expected only .png, .jpg and .jpeg files here",
                 read());
    std::filesystem::remove(folder_ / "train/ant/list.txt");
    add("train/list.txt", "x");
    EXPECT_ERROR(BadData, "expected one folder a class, this is a file", read());
}

TEST_F(ImageFolder, EmptyFoldersAndUnknownClasses) {
    std::filesystem::create_directories(folder_ / "train/cat");
    EXPECT_ERROR(BadData, in("train/cat") + ": empty, expected pictures of the class", read());
    std::filesystem::remove(folder_ / "train/cat");
    add("test/cat/1.png", plain_png(2, 3, 1, 2, 3));
    EXPECT_ERROR(BadData, in("test/cat") + ": class \"cat\" is not among the 2 of train", read());
    std::filesystem::remove_all(folder_ / "train");
    EXPECT_ERROR(IoError, "has no folder train; sort your own pictures by class, and put", read());
    std::filesystem::create_directories(folder_ / "train");
    EXPECT_ERROR(BadData, in("train") + ": empty, expected one folder a class", read());
}

}  // namespace
}  // namespace espalier::data
