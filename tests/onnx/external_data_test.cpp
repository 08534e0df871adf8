// Data in files beside the model's: read from its folder, and from nowhere else.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/expect_error.h"
#include "base/file_size_limit.h"
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
    EXPECT_EQ(onnx::data_files(folder_ / "model.onnx"),
              (std::vector<std::filesystem::path>{std::filesystem::canonical(folder_ / "weights.bin")}));
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

/// As a graph of more than 2 GB would be written; here the limit is lower.
class OnnxDataBeside : public ::testing::Test {
  protected:
    OnnxDataBeside() {
        GraphBuilder builder("large", 1);
        const std::string x = builder.input("input", {Dim("N"), Dim(40)});
        builder.output(
            builder.linear("fc2", builder.relu("relu", builder.linear("fc1", x, 40, 300)), 300, 4));
        graph_ = std::move(builder).finish();
    }
    std::uintmax_t write(std::size_t most = 10'000) { return onnx::write(folder_ / "m.onnx", graph_, most); }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            names.push_back(entry.path().filename().string());
        std::ranges::sort(names);
        return names;
    }

    testing::TemporaryFolder folder_;
    Graph graph_;
};

TEST_F(OnnxDataBeside, IsReadBackEqual) {
    const std::uintmax_t bytes = write();
    EXPECT_EQ(files(), (std::vector<std::string>{"m.onnx", "m.onnx.data"}));
    EXPECT_EQ(bytes, std::filesystem::file_size(folder_ / "m.onnx") +
                         std::filesystem::file_size(folder_ / "m.onnx.data"));
    EXPECT_LT(std::filesystem::file_size(folder_ / "m.onnx"), 10'000U);
    EXPECT_TRUE(onnx::read(folder_ / "m.onnx") == graph_);
    const std::string once = read_text(folder_ / "m.onnx") + read_text(folder_ / "m.onnx.data");
    write();
    EXPECT_EQ(read_text(folder_ / "m.onnx") + read_text(folder_ / "m.onnx.data"), once)
        << "equal graphs, equal bytes";
    graph_.initializers.at("fc1.weight").f32()[0] = 42;
    write();
    EXPECT_TRUE(onnx::read(folder_ / "m.onnx") == graph_);
}

TEST_F(OnnxDataBeside, OneFileWhereThatIsEnough) {
    const std::uintmax_t bytes = write(onnx::kMostBytes);
    EXPECT_EQ(bytes, std::filesystem::file_size(folder_ / "m.onnx"));
    EXPECT_EQ(files(), std::vector<std::string>{"m.onnx"});
}

TEST_F(OnnxDataBeside, AFullDiskLeavesWhatWasThere) {
    write();
    const Graph before = graph_;
    graph_.initializers.at("fc1.weight").f32()[0] = 42;
    {
        const testing::FileSizeLimit limit(20'000);
        EXPECT_THROW(write(), IoError);
    }
    EXPECT_EQ(files(), (std::vector<std::string>{"m.onnx", "m.onnx.data"}));
    EXPECT_TRUE(onnx::read(folder_ / "m.onnx") == before);
}

TEST_F(OnnxDataBeside, WhatIsNotInitialisersMustFit) {
    EXPECT_ERROR(Unsupported, "graph \"large\" needs", write(100));
    EXPECT_EQ(files(), std::vector<std::string>());
}

TEST_F(OnnxExternalData, NeedsAFolder) {
    EXPECT_ERROR(Unsupported, "its data is in another file, but the model is not read from a folder",
                 testing::parse(model_));
}

}  // namespace
}  // namespace espalier
