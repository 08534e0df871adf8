// Operators of image networks in the ONNX project's own test models: read, with the shapes those declare.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "espalier/error.h"
#include "onnx/models.h"

namespace espalier {
namespace {

std::filesystem::path node_folder() {
    const char* given = std::getenv("ESPALIER_ONNX_TESTDATA");
    return std::filesystem::path(given != nullptr ? given : "/usr/share/libonnx-testdata/data") / "node";
}

/// verify(), which reading ends with, holds the declared shape of the output against the inferred one.
TEST(OnnxVision, ModelsAreRead) {
    if (!std::filesystem::exists(node_folder())) GTEST_SKIP() << "libonnx-testdata is not installed";
    for (const char* name : {"test_averagepool_2d_ceil",
                             "test_averagepool_2d_default",
                             "test_averagepool_2d_pads",
                             "test_averagepool_2d_pads_count_include_pad",
                             "test_averagepool_2d_same_lower",
                             "test_averagepool_2d_same_upper",
                             "test_averagepool_2d_strides",
                             "test_basic_conv_with_padding",
                             "test_basic_conv_without_padding",
                             "test_batchnorm_epsilon",
                             "test_batchnorm_example",
                             "test_clip",
                             "test_clip_default_min",
                             "test_conv_with_autopad_same",
                             "test_conv_with_strides_and_asymmetric_padding",
                             "test_conv_with_strides_no_padding",
                             "test_conv_with_strides_padding",
                             "test_div",
                             "test_div_bcast",
                             "test_dropout_default",
                             "test_dropout_default_mask",
                             "test_dropout_default_ratio",
                             "test_erf",

                             "test_maxpool_2d_ceil",
                             "test_maxpool_2d_default",
                             "test_maxpool_2d_dilations",
                             "test_maxpool_2d_pads",
                             "test_maxpool_2d_same_lower",
                             "test_maxpool_2d_same_upper",
                             "test_maxpool_2d_strides",
                             "test_mul",
                             "test_mul_bcast",
                             "test_reduce_mean_default_axes_keepdims_example",
                             "test_reduce_mean_do_not_keepdims_example",
                             "test_reshape_negative_dim",
                             "test_reshape_zero_dim",
                             "test_transpose_all_permutations_3",
                             "test_transpose_default"}) {
        try {
            onnx::read(node_folder() / name / "model.onnx");
        } catch (const Error& error) {
            ADD_FAILURE() << name << ": " << error.what();
        }
    }
}

}  // namespace
}  // namespace espalier
