// What a thread computes at a time: some channels, one plane of the output after the other.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/depthwise_f32/depthwise_f32.h"

namespace espalier::kernels {

/// Rows of prepared channels are multiples of the longest vector.
inline constexpr std::int64_t kPlaneLine = 16;

/// A plane in as few blocks of at most `most` rows as it needs, as equal as can be: `larger` blocks of one
/// row more, then those of `rows`.
struct RowBlocks {
    RowBlocks(std::int64_t height, std::int64_t most) {
        const std::int64_t blocks = std::max<std::int64_t>((height + most - 1) / most, 1);
        rows = height / blocks;
        larger = height % blocks;
    }
    std::int64_t rows, larger;
};

struct ChannelsTask {
    const ConvShape& shape;
    const ConvInput& input;
    const DepthwiseTaps& taps;
    const float* x;
    float* y;
    ConvFinish finish;

    // What all channels share; divisions take longer than a row.
    bool is_square =
        shape.kernel == ConvShape::Sizes{1, 3, 3} && shape.dilation[1] == 1;  // rows without gaps
    std::int64_t plane = shape.output[1] * shape.output[2];
    std::int64_t row = input.source({0, 1, 0});
    RowBlocks eights{shape.output[1], 8}, fours{shape.output[1], 4};
};

struct PlaneTask {
    const float* source = nullptr;       // of the first position, for a tap at offset 0
    std::int64_t row = 0;                // floats between the sources of rows
    std::int64_t height = 0, width = 0;  // of the output
    const std::uint32_t* offsets = nullptr;
    const float* values = nullptr;
    std::int64_t taps = 0;
    std::int64_t tap_row = 0;  // from row to row of a whole window of 3 x 3, 0: it is none
    float bias = 0;
    float* y = nullptr;
    std::int64_t writable = 0;  // floats from y on that nobody has written before
    ConvFinish finish = {};     // its residual belongs to y
};

}  // namespace espalier::kernels
