// Where the pixels of neighbouring positions of a convolution's output lie, for a panel of them.
#pragma once

#include <cstdint>

#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels {

/// A vector of pixels on its way into a panel. It may reach behind the pixels that are meant; a later one
/// writes over that.
struct PanelMove {
    std::int64_t lane;
    std::int64_t source;  // for a weight at offset 0
};

template <std::int64_t kLanes>
struct PanelMoves {
    static constexpr std::int64_t kMostLanes = kLanes;

    PanelMove moves[kMostLanes];
    std::int64_t move_count = 0;
    std::int64_t source = 0;  // of the first position, which all others follow where the input is in place
    bool in_place = false;
    std::int64_t count = 0;  // positions

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
