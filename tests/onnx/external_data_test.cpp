// Data in files beside the model's: read from its folder, and from nowhere else.
#include <gtest/gtest.h>

#include <fstream>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using onnx::pb::ModelProto;
using onnx::pb::TensorProto;

/// A model in a folder whose weight "fc1.weight" (f32 5x6) is in another file.
class OnnxExternalData : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = home_ / "model";
        std::filesystem::create_directory(folder_);
        for (auto& tensor : *model_.mutable_graph()->mutable_initializer()) {
            if (tensor.name() != "fc1.weight") continue;
            weight_ = &tensor;
            bytes_ = tensor.raw_data();
            tensor.clear_raw_data();
            tensor.set_data_location(TensorProto::EXTERNAL);
        }
        write_text(folder_ / "weights.bin", "header.." + bytes_);
        set("location", "weights.bin");
        set("offset", "8");
    }

    void set(const std::string& key, const std::string& value) {
        for (auto& entry : *weight_->mutable_external_data()) {
            if (entry.key() == key) return entry.set_value(value);
        }
        auto& entry = *weight_->add_external_data();
        entry.set_key(key);
        entry.set_value(value);
    }

    Graph read() const {
        write_text(folder_ / "model.onnx", model_.SerializeAsString());
        return onnx::read(folder_ / "model.onnx");
    }

    const testing::TemporaryFolder home_;
    std::filesystem::path folder_;
    ModelProto model_ = testing::small_proto();
    TensorProto* weight_ = nullptr;
    std::string bytes_;
};

TEST_F(OnnxExternalData, IsReadFromTheModelsFolder) {
    const Tensor expected = testing::small_graph().initializers.at("fc1.weight");
    EXPECT_EQ(read().initializers.at("fc1.weight"), expected);
    set("length", std::to_string(bytes_.size()));
    EXPECT_EQ(read().initializers.at("fc1.weight"), expected);
    std::filesystem::create_directory(folder_ / "data");
    std::filesystem::rename(folder_ / "weights.bin", folder_ / "data" / "w");
    set("location", "data/w");
    EXPECT_EQ(read().initializers.at("fc1.weight"), expected);
    std::filesystem::create_symlink("data/w", folder_ / "link");  // stays inside
    set("location", "./link");
    EXPECT_EQ(read().initializers.at("fc1.weight"), expected);
}

TEST_F(OnnxExternalData, NothingOutsideTheFolderIsRead) {
    write_text(home_ / "secret", std::string(1000, 'x'));
    std::filesystem::create_symlink(home_ / "secret", folder_ / "link");
    std::filesystem::create_directory_symlink(home_.path(), folder_ / "up");
    std::filesystem::create_directory(home_ / "model-2");  // a name that starts like the folder's
    write_text(home_ / "model-2" / "w", std::string(1000, 'x'));
    std::filesystem::create_symlink("../model-2/w", folder_ / "beside");
    for (const std::string& place :
         {std::string("../secret"), (home_ / "secret").string(), std::string("link"),
          std::string("up/secret"), std::string("beside"), std::string("a/../../secret")}) {
        set("location", place);
        EXPECT_ERROR(
            InvalidModel,
            "initialiser \"fc1.weight\": its data is in \"" + place + "\", outside the model's folder",
            read());
    }
}

TEST_F(OnnxExternalData, FilesThatDoNotHoldTheData) {
    set("location", "none.bin");
    EXPECT_ERROR(InvalidModel, "its data is in \"none.bin\": No such file", read());
    std::filesystem::create_directory(folder_ / "folder");
    set("location", "folder");
    EXPECT_ERROR(InvalidModel, "is no file", read());
    set("location", "");
    EXPECT_ERROR(InvalidModel, "not named", read());
    set("location", "weights.bin");
    for (const std::string offset : {"9", "18446744073709551615", "100000"}) {
        set("offset", offset);
        EXPECT_ERROR(InvalidModel,
                     "it needs 120 bytes from " + offset + " on of \"weights.bin\", which has 128", read());
    }
    set("offset", "-1");
    EXPECT_ERROR(InvalidModel, "offset of its data in another file is \"-1\", expected a number", read());
    set("offset", "8");
    set("length", "119");
    EXPECT_ERROR(InvalidModel, "it needs 120 bytes, but has 119 in", read());
}

TEST_F(OnnxExternalData, SizesAreCheckedBeforeMemoryIsTaken) {
    weight_->set_dims(0, std::int64_t{1} << 40);
    EXPECT_ERROR(InvalidModel, "initialiser \"fc1.weight\": it needs", read());
    weight_->set_dims(0, -5);
    EXPECT_ERROR(InvalidModel, "a dimension is negative", read());
}

/// Many tensors that are the same part of a small file would take any amount of memory.
TEST_F(OnnxExternalData, TensorsTogetherTakeNoMoreThanTheFileHolds) {
    *model_.mutable_graph()->add_initializer() = *weight_;
    model_.mutable_graph()->mutable_initializer()->rbegin()->set_name("again");
    EXPECT_ERROR(InvalidModel, "initialiser \"again\": the tensors in \"weights.bin\" together need more",
                 read());
}

TEST_F(OnnxExternalData, HeldTwice) {
    weight_->set_raw_data(bytes_);
    EXPECT_ERROR(InvalidModel, "it holds its data twice, here and in another file", read());
}

TEST_F(OnnxExternalData, NeedsAFolder) {
    EXPECT_ERROR(Unsupported, "its data is in another file, but the model is not read from a folder",
                 testing::parse(model_));
}

}  // namespace
}  // namespace espalier
