// Networks that other programs exported, as tools/export_torchvision.py makes them: read, written and read
// again they are equal. ESPALIER_MODELS names their folder; with ESPALIER_WRITTEN what was written stays
// there, for tools/check_written.py to hold against the originals.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "espalier/error.h"
#include "onnx/models.h"

namespace espalier {
namespace {

namespace fs = std::filesystem;

TEST(OnnxExported, ReadWriteReadGivesAnEqualGraph) {
    const char* folder = std::getenv("ESPALIER_MODELS");
    if (folder == nullptr)
        GTEST_SKIP() << "set ESPALIER_MODELS to a folder of ONNX files (tools/export_torchvision.py)";
    const char* written = std::getenv("ESPALIER_WRITTEN");
    int models = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".onnx") continue;
        SCOPED_TRACE(entry.path());
        ++models;
        try {
            const Graph graph = onnx::read(entry.path());
            const std::string bytes = onnx::to_bytes(graph);
            EXPECT_TRUE(onnx::from_bytes(testing::as_bytes(bytes)) == graph);
            if (written == nullptr) continue;
            const fs::path to = fs::path(written) / fs::relative(entry.path(), folder);
            make_folder(to.parent_path());
            write_text(to, bytes);
        } catch (const Error& error) {
            ADD_FAILURE() << error.what();
        }
    }
    EXPECT_GT(models, 0);
}

}  // namespace
}  // namespace espalier
