// One panel of a convolution: up to 64 neighbouring positions of a group's output.
#pragma once

#include <cstdint>

#include "kernels/conv_f32_panel/conv_f32_panel.h"

namespace espalier::kernels {

/// Positions whose pixels lie beside each other, for every weight.
struct PanelRun {
    std::int64_t lane;
    std::int64_t length;
    std::int64_t source;  // of the first one, for a weight at offset 0
};

struct PanelTask {
    static constexpr std::int64_t kMostLanes = 64;

    PanelRun runs[kMostLanes];
    std::int64_t run_count = 0;
    std::int64_t count = 0;  // positions
    std::int64_t width = 0;  // lanes, at least as many
    const float* input = nullptr;
    bool may_overread = false;  // up to a vector behind a run
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
    bool is_one_run() const { return run_count == 1 && is_whole(); }

    /// The positions from `first` on.
    void add_runs(const ConvShape& shape, const ConvInput& input_form, std::int64_t first) {
        const std::int64_t left = shape.positions() - first;
        const std::int64_t width = shape.output[2];
        count = left < kMostLanes ? left : kMostLanes;
        for (std::int64_t lane = 0; lane < count;) {
            const std::int64_t position = first + lane;
            const std::int64_t row = position / width;
            const std::int64_t column = position % width;
            const std::int64_t source =
                input_form.source({row / shape.output[1], row % shape.output[1], column});
            const std::int64_t length = count - lane < width - column ? count - lane : width - column;
            PanelRun* const before = run_count == 0 ? nullptr : &runs[run_count - 1];
            if (before != nullptr && before->source + before->length == source) {
                before->length += length;
            } else {
                runs[run_count++] = {lane, length, source};
            }
            lane += length;
        }
    }
};

}  // namespace espalier::kernels
