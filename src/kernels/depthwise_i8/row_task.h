// What all positions of the output have in common.
#pragma once

#include "kernels/depthwise_i8/depthwise_i8.h"

namespace espalier::kernels {

struct DepthwiseRow {
    const DepthwiseBytes& weights;
    std::int64_t channels, taps;
    bool is_signed;
    const std::int32_t* start;  // of the sums: what the zero point of x takes from them
    const ByteFinish& finish;
};

}  // namespace espalier::kernels
