// A row of the output: what a thread computes at a time.
#pragma once

#include "kernels/depthwise_i8/depthwise_i8.h"

namespace espalier::kernels {

struct DepthwiseRow {
    const DepthwiseBytes& weights;
    std::int64_t channels, positions;
    bool is_signed;
    const std::int32_t* start;  // of the sums: what the zero point of x takes from them
    const ByteFinish& finish;
    const std::uint8_t* const* places;  // [positions][pairs][2]: the pixels that are read
    std::uint8_t* y;
    std::int64_t y_step;  // bytes from position to position
};

}  // namespace espalier::kernels
