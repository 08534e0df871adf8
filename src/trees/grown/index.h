// ONNX counts in int64, trees link their nodes by int32, vectors take size_t.
#pragma once

#include <cstddef>
#include <cstdint>

namespace espalier::trees {

inline std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

}  // namespace espalier::trees
