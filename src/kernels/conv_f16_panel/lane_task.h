// One panel of a convolution in f16: up to 128 neighbouring positions of a group's output.
#pragma once

#include <cstdint>

#include "kernels/conv_f16_panel/conv_f16_panel.h"
#include "kernels/conv_f32_panel/panel_moves.h"

namespace espalier::kernels {

struct LaneTask : PanelMoves<ConvF16Panel::kMostLanes> {
    static constexpr std::int64_t kVector = 32;  // lanes of an instruction

    const F16Rows* weights = nullptr;
    std::int64_t width = 0;                   // lanes, whole vectors
    const std::int64_t* offsets = nullptr;    // of columns, in elements of the input
    const float* input = nullptr;             // that is in place,
    const std::uint16_t* prepared = nullptr;  // or what was made of it,
    float worth = 1;                          // which counts so much
    std::int64_t move_lanes = kVector;        // of a move
    bool rows = false;                        // rows of channels at each position, for input and output
    std::int64_t input_pitch = 0;             // from position to position of them
    std::uint16_t* packed = nullptr;          // [column][lane]
    float* sums = nullptr;                    // [row][lane]
    std::int64_t pitch = 0;                   // from output to output, or from position to position
    float* y = nullptr;
    ConvFinish finish;
};

void run_lanes_avx512_fp16(const LaneTask& task);

/// The scale, a power of two, for numbers of which the largest is `most`: 1 where it is within [1/16, 256].
float f16_scale(float most);

/// `count` numbers rounded to f16, times `scale`; returns the largest finite one in size.
float round_avx512_fp16(const float* from, std::int64_t count, float scale, std::uint16_t* to);

}  // namespace espalier::kernels
