// Stages are named by the content of what determines them: files that a model refers to, shapes, settings.
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/temporary_folder.h"
#include "espalier/lottery.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "train/blobs.h"

namespace espalier::lottery {
namespace {

using testing::TemporaryFolder;

constexpr std::size_t kApart = 50'000;  // bytes; what is more has its tensors in a file beside it

Graph blob_network(std::uint64_t seed) {
    return models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = seed});
}

std::string first_hash(const std::string& text, const data::Dataset& dataset = testing::blob_dataset()) {
    return plan(Recipe::from_text(text, "r.toml"), dataset).front().hash;
}

std::string of_model(const std::filesystem::path& file) {
    return "[model]\nonnx = \"" + file.string() + "\"\n";
}

TEST(Hashes, AStageIsAnotherWhenTheDataBesideItsModelAre) {
    const TemporaryFolder folder;
    onnx::write(folder / "model.onnx", blob_network(1), kApart);
    const std::string model = read_text(folder / "model.onnx");
    const std::string before = first_hash(of_model(folder / "model.onnx"));
    EXPECT_EQ(first_hash(of_model(folder / "model.onnx")), before);

    onnx::write(folder / "model.onnx", blob_network(2), kApart);
    ASSERT_EQ(read_text(folder / "model.onnx"), model) << "the data alone are to differ";
    EXPECT_NE(first_hash(of_model(folder / "model.onnx")), before);
    onnx::write(folder / "model.onnx", blob_network(1), kApart);
    EXPECT_EQ(first_hash(of_model(folder / "model.onnx")), before);

    // Where they lie does not count.
    std::filesystem::create_directory(folder / "elsewhere");
    for (const char* name : {"model.onnx", "model.onnx.data"})
        std::filesystem::rename(folder / name, folder / "elsewhere" / name);
    EXPECT_EQ(first_hash(of_model(folder / "elsewhere" / "model.onnx")), before);
}

TEST(Hashes, AStageIsAnotherWhenTheDataBesideItsTeacherAre) {
    const TemporaryFolder folder;
    const std::string recipe =
        "[train]\nloss = \"distillation\"\nteacher = \"" + (folder / "teacher.onnx").string() + "\"\n";
    onnx::write(folder / "teacher.onnx", blob_network(1), kApart);
    const std::string before = first_hash(recipe);
    onnx::write(folder / "teacher.onnx", blob_network(2), kApart);
    EXPECT_NE(first_hash(recipe), before);
}

/// Runs that were made before are found again: of a built-in network, and of a file that holds all of it.
TEST(Hashes, AreWhatTheyWere) {
    EXPECT_EQ(first_hash("[prune]\nrounds = 1\n"), "72690ca6eb8be1162c951bd5f06226f0");
    const TemporaryFolder folder;
    onnx::write(folder / "model.onnx", blob_network(1));
    EXPECT_TRUE(onnx::data_files(folder / "model.onnx").empty()) << "nothing that would enter the hash";
}

TEST(Hashes, ShapeAndClassesCountWhereTheBytesDoNotTell) {
    const std::string recipe = "[model]\nnetwork = \"lenet-300-100\"\n";
    data::Dataset square = testing::blob_dataset();
    const std::string before = first_hash(recipe, square);
    data::Dataset more = square;
    more.classes = 12;
    EXPECT_NE(first_hash(recipe, more), before);

    const auto reshaped = [&](const Shape& shape) {
        data::Dataset other = square;
        for (data::Examples* examples : {&other.train, &other.validation, &other.test}) {
            Shape whole = shape;
            whole.insert(whole.begin(), examples->count());
            Tensor images(DType::u8, whole);
            std::ranges::copy(examples->images().bytes(), images.bytes().begin());
            examples->images() = std::move(images);
        }
        return other;
    };
    EXPECT_EQ(first_hash(recipe, reshaped({1, 6, 6})), before);
    EXPECT_NE(first_hash(recipe, reshaped({1, 4, 9})), before);
    EXPECT_NE(first_hash(recipe, reshaped({1, 4, 9})), first_hash(recipe, reshaped({1, 9, 4})));
}

TEST(Hashes, AStabilityIsAnotherWhenItIsMeasuredOtherwise) {
    const auto last = [](const std::string& more) {
        return plan(Recipe::from_text("[prune]\nrounds = 0\n[experiment]\nstability = [\"0it\"]\n" + more,
                                      "r.toml"),
                    testing::blob_dataset())
            .back()
            .hash;
    };
    const std::string before = last("");
    EXPECT_EQ(last("stability_points = 30\nstability_examples = 0\n"), before);
    EXPECT_NE(last("stability_points = 10\n"), before);
    EXPECT_NE(last("stability_examples = 10\n"), before);
    EXPECT_EQ(first_hash("[experiment]\nstability_points = 10\n"), first_hash(""));
}

}  // namespace
}  // namespace espalier::lottery
