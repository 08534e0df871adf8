// Cases of the ONNX project that run but that the trainer cannot execute, by what is missing. A * stands for
// any text.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace espalier::test {

inline const std::map<std::string, std::vector<std::string>>& not_trainable() {
    static const std::map<std::string, std::vector<std::string>> cases = {
        {"operators of detectors, which have no gradient here",
         {"node/test_gridsample", "node/test_gridsample_*", "node/test_nonmaxsuppression_*",
          "node/test_roialign_aligned_false", "node/test_roialign_aligned_true"}},
        {"numbers quantised to integers, through which no gradient goes",
         {"node/test_basic_convinteger", "node/test_convinteger_with_padding",
          "node/test_convinteger_without_padding", "node/test_dequantizelinear",
          "node/test_dequantizelinear_axis", "node/test_dynamicquantizelinear",
          "node/test_dynamicquantizelinear_expanded", "node/test_dynamicquantizelinear_max_adjusted",
          "node/test_dynamicquantizelinear_max_adjusted_expanded",
          "node/test_dynamicquantizelinear_min_adjusted",
          "node/test_dynamicquantizelinear_min_adjusted_expanded", "node/test_matmulinteger",
          "node/test_qlinearconv", "node/test_qlinearmatmul_2D", "node/test_qlinearmatmul_3D",
          "node/test_quantizelinear", "node/test_quantizelinear_axis"}},
        {"unsigned integers that LibTorch does not have",
         {"node/test_max_uint16", "node/test_max_uint32", "node/test_max_uint64", "node/test_min_uint16",
          "node/test_min_uint32", "node/test_min_uint64", "node/test_mod_uint16", "node/test_mod_uint32",
          "node/test_mod_uint64", "node/test_pow_types_float32_uint32",
          "node/test_pow_types_float32_uint64"}}};
    return cases;
}

}  // namespace espalier::test
