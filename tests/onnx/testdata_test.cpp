// The ONNX project's own test models (Debian: libonnx-testdata): each is read, or refused with a reason.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "espalier/error.h"
#include "onnx/models.h"

namespace espalier {
namespace {

namespace fs = std::filesystem;

fs::path data_folder() {
    const char* given = std::getenv("ESPALIER_ONNX_TESTDATA");
    return given != nullptr ? given : "/usr/share/libonnx-testdata/data";
}

TEST(OnnxTestdata, EveryModelIsReadOrRefused) {
    const fs::path folder = data_folder();
    if (!fs::exists(folder)) GTEST_SKIP() << "libonnx-testdata is not installed";
    int models = 0;
    int read = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".onnx") continue;
        ++models;
        try {
            const Graph graph = onnx::read(entry.path());
            ++read;
            const std::string written = onnx::to_bytes(graph);
            EXPECT_EQ(onnx::to_bytes(onnx::from_bytes(testing::as_bytes(written))), written) << entry.path();
        } catch (const Unsupported&) {
        } catch (const Error& error) {
            ADD_FAILURE() << "a valid model is called invalid: " << error.what();
        }
    }
    EXPECT_GT(models, 1000);
    EXPECT_GT(read, 20);
    RecordProperty("read", read);
}

/// Models of one operator each that must be read, so that an upgrade that goes wrong is seen here.
TEST(OnnxTestdata, ModelsOfTheFirstOperators) {
    const fs::path folder = data_folder() / "node";
    if (!fs::exists(folder)) GTEST_SKIP() << "libonnx-testdata is not installed";
    for (const char* name :
         {"test_add", "test_add_bcast", "test_flatten_axis0", "test_flatten_default_axis",
          "test_flatten_negative_axis4", "test_gemm_all_attributes", "test_gemm_default_no_bias",
          "test_gemm_default_scalar_bias", "test_identity", "test_matmul_2d", "test_matmul_4d", "test_relu",
          "test_softmax_axis_0", "test_softmax_default_axis"}) {
        EXPECT_NO_THROW(onnx::read(folder / name / "model.onnx")) << name;
    }
}

}  // namespace
}  // namespace espalier
