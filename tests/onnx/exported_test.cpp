// Networks that other programs exported, as tools/export_torchvision.py makes them: read, written and read
// again they are equal. ESPALIER_MODELS names their folder; with ESPALIER_WRITTEN what was written stays
// there, for tools/check_written.py to hold against the originals.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/surgery.h"
#include "onnx/models.h"

namespace espalier {
namespace {

namespace fs = std::filesystem;

/// Writes to the folder that an environment variable names, if it is set.
void keep(const char* variable, const fs::path& name, const Graph& graph) {
    const char* folder = std::getenv(variable);
    if (folder == nullptr) return;
    make_folder((fs::path(folder) / name).parent_path());
    onnx::write(fs::path(folder) / name, graph);
}

TEST(OnnxExported, ReadWriteReadGivesAnEqualGraph) {
    const char* folder = std::getenv("ESPALIER_MODELS");
    if (folder == nullptr)
        GTEST_SKIP() << "set ESPALIER_MODELS to a folder of ONNX files (tools/export_torchvision.py)";
    int models = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".onnx") continue;
        SCOPED_TRACE(entry.path());
        ++models;
        try {
            Graph graph = onnx::read(entry.path());
            EXPECT_TRUE(onnx::from_bytes(testing::as_bytes(onnx::to_bytes(graph))) == graph);
            const fs::path name = fs::relative(entry.path(), folder);
            keep("ESPALIER_WRITTEN", name, graph);
            if (std::getenv("ESPALIER_SIMPLIFIED") == nullptr) continue;
            surgery::simplify(graph);
            keep("ESPALIER_SIMPLIFIED", name, graph);
        } catch (const Error& error) {
            ADD_FAILURE() << error.what();
        }
    }
    EXPECT_GT(models, 0);
}

}  // namespace
}  // namespace espalier
