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

}  // namespace
}  // namespace espalier
