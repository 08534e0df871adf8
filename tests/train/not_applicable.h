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
         {"node/test_gridsample", "node/test_gridsample_*", "node/test_roialign_aligned_false",
          "node/test_roialign_aligned_true"}},
        {"bodies of If and Loop whose branch or rounds data decide, which the trainer does not execute",
         {"node/test_if", "node/test_loop11", "node/test_range_float_type_positive_delta_expanded",
          "node/test_range_int32_type_negative_delta_expanded"}},
        {"unsigned integers that LibTorch does not have",
         {"node/test_max_uint16", "node/test_max_uint32", "node/test_max_uint64", "node/test_min_uint16",
          "node/test_min_uint32", "node/test_min_uint64", "node/test_mod_uint16", "node/test_mod_uint32",
          "node/test_mod_uint64", "node/test_pow_types_float32_uint32",
          "node/test_pow_types_float32_uint64"}}};
    return cases;
}

}  // namespace espalier::test
