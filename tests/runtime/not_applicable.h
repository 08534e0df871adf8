// Cases of the ONNX project that do not apply, by what is missing. A * stands for any text.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace espalier::test {

inline std::map<std::string, std::vector<std::string>> not_applicable() { return {}; }

}  // namespace espalier::test
