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

}  // namespace espalier
