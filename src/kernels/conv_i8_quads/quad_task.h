// What the products of one group of a convolution need, on a run of spans of neighbouring positions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_i8_quads/conv_i8_quads.h"

namespace espalier::kernels {

struct QuadTask {
    static constexpr std::int64_t kTileBytes = 1024;  // 16 rows of 64 bytes
    static constexpr std::int64_t kRows = 16;         // that are finished together, or 32

    const ByteQuads* weights = nullptr;
    const std::int32_t* offsets = nullptr;  // of their quads, in bytes of x
    const std::uint8_t* x = nullptr;        // position 0 of the first plane
    std::int32_t zero = 0;                  // of x as u8
    const ConvPlanes* planes = nullptr;
    std::int64_t first = 0, last = 0;  // spans of positions
    // Output of this group, channels last: y of position 0, and from position to position.
    void* y = nullptr;
    std::int64_t pitch = 0;
    ByteFinish finish;  // scale and shift of this group's outputs
    // Room for what is gathered and for sums, at cache lines.
    std::byte* gathered = nullptr;
    std::int32_t* sums = nullptr;
};

/// Positions of a span: of 32 rows 32, of 16 and of fewer 64.
inline std::int64_t span_of(const ByteQuads& weights) { return weights.unit() == 32 ? 32 : 64; }
inline constexpr std::size_t kQuadSumsBytes = std::size_t{2} * 1024 * sizeof(std::int32_t);
inline constexpr std::size_t kQuadGatheredBytes = std::size_t{2} * 4 * QuadTask::kTileBytes;

void run_quads_amx(const QuadTask& task);
void run_quads_vnni(const QuadTask& task);

/// Channels [first, first + 64) of an image, channels last, to planes of quads: as u8, with `flip` over them.
/// `planes` is the plane of quad 0.
void fill_quads(const ConvPlanes& form, const std::uint8_t* pixels, std::int64_t pitch, std::int64_t first,
                std::int64_t channels, std::uint8_t flip, std::uint8_t* planes);

}  // namespace espalier::kernels
