// All eight tiles of AMX as they are used here: 16 rows of 64 bytes.
#pragma once

#include <cstdint>

namespace espalier::kernels {

struct TileConfiguration {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);

/// Of this thread, until _tile_release(). The intrinsic of g++ 12 declares eight of the 64 bytes as read, and
/// stores to the others vanish.
inline void configure_tiles() {
    static const TileConfiguration configuration;
    __asm__ volatile("ldtilecfg %0" : : "m"(configuration));
}

}  // namespace espalier::kernels
