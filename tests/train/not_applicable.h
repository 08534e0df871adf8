// Cases of the ONNX project that run but that the trainer cannot execute, by what is missing. A * stands for
// any text.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace espalier::test {

inline const std::map<std::string, std::vector<std::string>>& not_trainable() {
    static const std::map<std::string, std::vector<std::string>> cases = {
        {"unsigned integers that LibTorch does not have",
         {"node/test_max_uint16", "node/test_max_uint32", "node/test_max_uint64", "node/test_min_uint16",
          "node/test_min_uint32", "node/test_min_uint64", "node/test_mod_uint16", "node/test_mod_uint32",
          "node/test_mod_uint64", "node/test_pow_types_float32_uint32",
          "node/test_pow_types_float32_uint64"}}};
    return cases;
}

}  // namespace espalier::test
