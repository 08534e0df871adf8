// Comparisons: a boolean for each pair of numbers, repeated as numpy repeats them.
#pragma once

#include "runtime/loops/broadcast.h"

namespace espalier::runtime {

/// Numbers that networks compare: floats, and indices.
inline bool takes_comparison(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    const DType dtype = types.at(node.inputs[0]).dtype;
    return dtype == DType::f32 || dtype == DType::i64 || dtype == DType::i32;
}

template <class F>
std::vector<Candidate> compared(const LoweringContext& site, const F& f) {
    switch (site.operands[0].dtype) {
        case DType::i64:
            return {broadcast_loops<std::uint8_t, std::int64_t, std::int64_t>(site, f)};
        case DType::i32:
            return {broadcast_loops<std::uint8_t, std::int32_t, std::int32_t>(site, f)};
        default:
            return {broadcast_loops<std::uint8_t, float, float>(site, f)};
    }
}

}  // namespace espalier::runtime
