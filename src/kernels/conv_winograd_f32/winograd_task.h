// What the compiled variants of conv_winograd_f32 are given: a run of tiles.
#pragma once

#include <cstdint>

#include "kernels/conv_winograd_f32/winograd_tiles.h"

namespace espalier::kernels {

struct WinogradConvTask {
    const WinogradTiles& tiles;
    std::int64_t first, count;  // tiles; at most WinogradTiles::kMost
    const float* filters;       // transformed_filters()
    const float* bias;          // or null
    const float* from;
    float* to;
    float* scratch;  // conv_scratch() floats
};

/// dU of `outputs` filters, over a run of tiles.
struct WinogradGradientTask {
    const WinogradTiles& tiles;
    std::int64_t first, last;
    std::int64_t at_once;  // tiles; at most WinogradTiles::kMost
    std::int64_t outputs;
    const float* x;
    const float* dy;  // from the first of these outputs on
    float* sums;      // [position][outputs][channels], both in fours
    float* scratch;   // gradient_scratch() floats
};

/// Floats from one position to the next of `count` rows of `vectors` times `lanes` floats: a cache line more,
/// as powers of two fall on the same lines of a cache.
inline std::int64_t position_pitch(std::int64_t count, std::int64_t vectors, std::int64_t lanes) {
    constexpr std::int64_t kLine = 16;
    return count * vectors * lanes + kLine;
}

}  // namespace espalier::kernels
