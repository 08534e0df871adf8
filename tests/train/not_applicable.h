// Cases of the ONNX project that run but cannot be trained, by what is missing. A * stands for any text.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace espalier::test {

inline const std::map<std::string, std::vector<std::string>>& not_trainable() {
    static const std::map<std::string, std::vector<std::string>> cases = {};
    return cases;
}

}  // namespace espalier::test
