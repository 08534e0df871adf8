// One panel of a convolution: up to 64 neighbouring positions of a group's output.
#pragma once

#include <cstdint>

#include "kernels/conv_f32_panel/conv_f32_panel.h"

namespace espalier::kernels {

/// A vector of pixels on its way into a panel. It may reach behind the pixels that are meant; a later one
/// writes over that.
struct PanelMove {
    std::int64_t lane;
    std::int64_t source;  // for a weight at offset 0
};

struct PanelTask {
    static constexpr std::int64_t kMostLanes = ConvF32Panel::kMostLanes;

    PanelMove moves[kMostLanes];
    std::int64_t move_count = 0;
    std::int64_t source = 0;  // of the first position, which all others follow where the input is in place
    bool in_place = false;
    std::int64_t count = 0;  // positions
    std::int64_t width = 0;  // lanes, at least as many
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

    /// The positions from `first` on, at most `lanes`, in vectors of `vector` lanes.
    void add_positions(const ConvShape& shape, const ConvInput& form, std::int64_t first, std::int64_t lanes,
                       std::int64_t vector) {
        const std::int64_t left = shape.positions() - first;
        count = left < lanes ? left : lanes;
        in_place = form.is_in_place();
        source = first;
        if (in_place) return;
        const std::int64_t row_width = shape.output[2];
        for (std::int64_t lane = 0; lane < count;) {
            const std::int64_t row = (first + lane) / row_width;
            const std::int64_t column = (first + lane) % row_width;
            const std::int64_t from = form.source({row / shape.output[1], row % shape.output[1], column});
            const std::int64_t run = count - lane < row_width - column ? count - lane : row_width - column;
            for (std::int64_t i = 0; i < run; i += vector) moves[move_count++] = {lane + i, from + i};
            lane += run;
        }
    }
};

}  // namespace espalier::kernels
