// Writing: what is refused, and that a failure leaves nothing behind.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/file_size_limit.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using testing::FileSizeLimit;
using testing::small_graph;
using testing::TemporaryFolder;

TEST(OnnxWrite, AFullDiskLeavesNothing) {
    const TemporaryFolder folder;
    {
        const FileSizeLimit limit(100);
        EXPECT_ERROR(IoError, "model.onnx: cannot write: File too large",
                     onnx::write(folder / "model.onnx", small_graph()));
    }
    EXPECT_TRUE(folder.empty());
}

TEST(OnnxWrite, AFullDiskLeavesTheOldFile) {
    const TemporaryFolder folder;
    write_text(folder / "model.onnx", "old");
    {
        const FileSizeLimit limit(100);
        EXPECT_THROW(onnx::write(folder / "model.onnx", small_graph()), IoError);
    }
    EXPECT_EQ(read_text(folder / "model.onnx"), "old");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(OnnxWrite, FolderThatCannotBeWritten) {
    const TemporaryFolder folder;
    EXPECT_ERROR(IoError, "cannot write",
                 onnx::write(folder.path() / "missing" / "model.onnx", small_graph()));
    write_text(folder / "file", "");
    EXPECT_ERROR(IoError, "cannot write", onnx::write(folder.path() / "file" / "model.onnx", small_graph()));
}

TEST(OnnxWrite, InvalidGraphsAreRefusedBeforeAByteIsWritten) {
    const TemporaryFolder folder;
    Graph graph = small_graph();
    std::swap(graph.nodes[0], graph.nodes[1]);
    EXPECT_ERROR(InvalidModel, "is not defined before it", onnx::write(folder / "model.onnx", graph));
    graph = small_graph();
    graph.nodes[0].attributes["colour"] =
        std::string("green");  // only ONNX's checker knows Flatten's attributes
    EXPECT_ERROR(InvalidModel, "graph \"small\" is not valid ONNX: Unrecognized attribute: colour",
                 onnx::write(folder / "model.onnx", graph));
    graph = small_graph();
    graph.nodes[0].op = "Det";
    EXPECT_ERROR(Unsupported, "operator \"Det\"", onnx::write(folder / "model.onnx", graph));
    EXPECT_TRUE(folder.empty());
}

/// Gelu came with opset 20. In it a reduction's axes are an input, and Split needs the number of its parts.
TEST(OnnxWrite, NewerOpsetsHaveOtherForms) {
    Graph graph;
    graph.name = "newer";
    graph.doc = "what it is for";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(4), Dim(6)}}}};
    graph.nodes = {{"", "ReduceMean", {"x"}, {"m"}, {{"axes", std::vector<std::int64_t>{1}}}},
                   {"", "Gelu", {"m"}, {"g"}, {}},
                   {"", "Split", {"g"}, {"a", "b"}, {{"axis", std::int64_t{2}}}}};
    graph.outputs = {{"a", {DType::f32, {Dim("N"), Dim(1), Dim(3)}}},
                     {"b", {DType::f32, {Dim("N"), Dim(1), Dim(3)}}}};
    const std::string written = onnx::to_bytes(graph);
    onnx::pb::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(written));
    EXPECT_EQ(model.opset_import_size(), 1);
    EXPECT_EQ(model.opset_import(0).version(), 20);
    EXPECT_EQ(model.ir_version(), 9);
    EXPECT_EQ(model.graph().node(0).input_size(), 2);
    EXPECT_EQ(model.graph().node(1).domain(), "");
    EXPECT_EQ(model.graph().node(2).attribute(1).name(), "num_outputs");
    EXPECT_TRUE(onnx::from_bytes(testing::as_bytes(written)) == graph);

    graph.nodes[0].attributes["colour"] = std::int64_t{1};
    EXPECT_ERROR(InvalidModel, "Unrecognized attribute: colour", onnx::to_bytes(graph));
}

}  // namespace
}  // namespace espalier
