// One panel of a convolution: up to 64 neighbouring positions of a group's output.
#pragma once

#include <cstdint>

#include "kernels/conv_f32_panel/conv_f32_panel.h"
#include "kernels/conv_f32_panel/panel_moves.h"

namespace espalier::kernels {

struct PanelTask : PanelMoves<ConvF32Panel::kMostLanes> {
    static constexpr std::int64_t kLine = 16;  // floats in a cache line

    std::size_t part = 0;    // of the weights
    std::int64_t width = 0;  // lanes, at least as many as positions
    const float* input = nullptr;
    const std::int64_t* offsets = nullptr;
    const float* bias = nullptr;
    float* packed = nullptr;  // [column][lane]
    float* sums = nullptr;    // [row][lane]
    std::int64_t rows = 0;
    std::int64_t pitch = 0;  // from row to row of the output
    float* y = nullptr;
    ConvFinish finish;
    bool clamps = false;

    bool is_whole() const { return count == width; }
};

}  // namespace espalier::kernels
