// What the compiled variants of max_pool_lanes_f32 share: the placements of a window over one channel.
#pragma once

#include "kernels/max_pool_lanes_f32/max_pool_lanes_f32.h"

namespace espalier::kernels {

/// The taps of one placement that lie inside of the image.
struct PoolTaps {
    std::int64_t count = 0;
    std::uint8_t tap[kMostPoolTaps];
    std::int64_t pixel[kMostPoolTaps];

    PoolTaps(const ConvShape& shape, std::int64_t oy, std::int64_t ox) {
        std::int64_t index = 0;
        for (std::int64_t ky = 0; ky < shape.kernel[1]; ++ky) {
            const std::int64_t y = oy * shape.stride[1] + ky * shape.dilation[1] - shape.pad[1];
            for (std::int64_t kx = 0; kx < shape.kernel[2]; ++kx, ++index) {
                const std::int64_t x = ox * shape.stride[2] + kx * shape.dilation[2] - shape.pad[2];
                if (y < 0 || y >= shape.input[1] || x < 0 || x >= shape.input[2]) continue;
                tap[count] = static_cast<std::uint8_t>(index);
                pixel[count++] = y * shape.input[2] + x;
            }
        }
    }
};

/// One row of outputs of one channel.
struct PoolRowTask {
    const ConvShape& shape;
    std::int64_t batch;
    std::int64_t oy;
    const float* x;  // the channel
    float* y;        // the row
    std::uint8_t* places;
};

/// All of one channel.
struct PoolGradientTask {
    const ConvShape& shape;
    std::int64_t batch;
    bool adds;  // to dx, which is zeros; else every pixel is seen once, and written,
    bool past;  // past the caches or not
    const std::uint8_t* places;
    const float* dy;
    float* dx;
};

}  // namespace espalier::kernels
