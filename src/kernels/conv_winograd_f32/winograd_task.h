// What the compiled variants of conv_winograd_f32 are given: a run of tiles.
#pragma once

#include <cstdint>

#include "kernels/conv_winograd_f32/winograd_tiles.h"

namespace espalier::kernels {

inline constexpr std::int64_t kPositions = 16;  // of a transformed tile, 4x4

/// Outputs [channels] of some tiles.
struct WinogradConvTask {
    const WinogradTiles& tiles;
    std::int64_t first, count;  // tiles; at most WinogradTiles::kMost
    const float* filters;       // transformed_filters()
    const float* bias;          // or null
    const float* from;
    float* to;
    bool past;       // whether `to` is written past the caches
    float* scratch;  // a position_pitch() and 16 vectors of sums for each position
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
    float* scratch;   // for each position a position_pitch() of the channels and one of the outputs
};

/// Floats from one position to the next of `count` rows of `vectors` times `lanes` floats: a cache line more,
/// as powers of two fall on the same lines of a cache.
inline std::int64_t position_pitch(std::int64_t count, std::int64_t vectors, std::int64_t lanes) {
    constexpr std::int64_t kLine = 16;
    return count * vectors * lanes + kLine;
}

}  // namespace espalier::kernels
