// What a Pad puts around a value, read from a node by one rule for shapes and for execution.
#pragma once

#include <fmt/format.h>

#include "graph/op.h"

namespace espalier {

enum class PadMode : std::uint8_t { constant, reflect, edge, wrap };

inline PadMode pad_mode(const Node& node) {
    const std::string mode = node.attribute_string("mode", "constant");
    if (mode == "constant") return PadMode::constant;
    if (mode == "reflect") return PadMode::reflect;
    if (mode == "edge") return PadMode::edge;
    if (mode == "wrap") return PadMode::wrap;
    throw InvalidModel(
        fmt::format("{}: mode=\"{}\", expected constant, reflect, edge or wrap", describe(node), mode));
}

/// Where the element at `place`, which may lie outside [0, size), comes from; -1 for the constant.
inline std::int64_t padding_source(PadMode mode, std::int64_t place, std::int64_t size) {
    if (place >= 0 && place < size) return place;
    if (mode == PadMode::constant) return -1;
    if (mode == PadMode::edge) return place < 0 ? 0 : size - 1;
    if (mode == PadMode::wrap) return (place % size + size) % size;
    if (size == 1) return 0;
    const std::int64_t period = 2 * (size - 1);
    const std::int64_t at = (place % period + period) % period;
    return at < size ? at : period - at;
}

}  // namespace espalier
