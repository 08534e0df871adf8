// What the products of one group of a convolution need, on a run of spans of neighbouring positions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_bf16_groups/conv_bf16_groups.h"
#include "kernels/conv_planes.h"

namespace espalier::kernels {

struct SpanTask {
    static constexpr std::int64_t kTileBytes = 1024;  // 16 rows of 64 bytes

    // Weights.
    const GroupTiles* weights = nullptr;
    const std::int32_t* offsets = nullptr;  // of their columns, in elements of x
    // Input.
    const std::uint16_t* x = nullptr;  // position 0 of the first plane
    const ConvPlanes* planes = nullptr;
    bool masked = false;  // what lies behind the last position must not be read
    // Spans [first, last) of positions, of 64 positions in units of 16 rows and 32 in units of 32.
    std::int64_t first = 0, last = 0;
    // Output of this group, and the residual likewise.
    void* y = nullptr;
    const void* residual = nullptr;
    bool channels_last = false, y_bf16 = false;
    std::int64_t pitch = 0;  // from output to output, or from position to position where channels are last
    GroupFinish finish;
    // Room for what is gathered, and for sums; both begin at a cache line.
    std::byte* gathered = nullptr;
    float* sums = nullptr;
};

inline constexpr std::size_t kSumsBytes = std::size_t{2} * 1024 * sizeof(float);

void run_spans_amx(const SpanTask& task);
void run_spans_avx512_bf16(const SpanTask& task);

/// A channel of an image to planes, from f32 or bf16; `planes` are those of its channel, zeroed before.
void fill_planes(const ConvPlanes& form, const void* pixels, bool bf16, std::uint16_t* planes);
/// All of `channels` channels of an image whose channels are last, `pitch` elements from pixel to pixel.
void fill_planes_from_rows(const ConvPlanes& form, const void* pixels, bool bf16, std::int64_t pitch,
                           std::int64_t first, std::int64_t channels, std::uint16_t* planes);

}  // namespace espalier::kernels
