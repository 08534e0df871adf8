// What the fast forms of QuantizeLinear and DequantizeLinear take.
#pragma once

#include <map>
#include <string>

#include "espalier/graph.h"

namespace espalier::runtime {

/// Whether a node between f32 and 8-bit integers has one scale, of f32, and at most one zero point; `bytes`
/// is its quantised side.
inline bool has_one_scale(const Node& node, const std::map<std::string, ValueType>& types, DType bytes) {
    const auto one = [&](std::size_t i) {
        if (i >= node.inputs.size() || node.inputs[i].empty()) return true;
        const Dims& dims = types.at(node.inputs[i]).dims;
        return dims.empty() || (dims.size() == 1 && dims[0] == Dim(1));
    };
    return (bytes == DType::u8 || bytes == DType::i8) && types.at(node.inputs[1]).dtype == DType::f32 &&
           one(1) && one(2) && !node.attributes.contains("block_size");
}

}  // namespace espalier::runtime
