#include "kernels/max_pool_lanes_f32/max_pool_lanes_f32.h"

#include <algorithm>
#include <limits>

#include "base/multiversion.h"
#include "kernels/parallel.h"

namespace espalier::kernels {
namespace {

constexpr std::uint8_t kNowhere = 255;

ESPALIER_MULTIVERSION
void begin(std::int64_t count, const float* __restrict x, std::uint8_t tap, float* __restrict best,
           std::uint8_t* __restrict places) {
    for (std::int64_t n = 0; n < count; ++n) best[n] = x[n];
    for (std::int64_t n = 0; n < count; ++n) places[n] = tap;
}

ESPALIER_MULTIVERSION
void take_larger(std::int64_t count, const float* __restrict x, std::uint8_t tap, float* __restrict best,
                 std::uint8_t* __restrict places) {
    for (std::int64_t n = 0; n < count; ++n) {
        const bool larger = (x[n] > best[n]) | (x[n] != x[n]);
        best[n] = larger ? x[n] : best[n];
        places[n] = larger ? tap : places[n];
    }
}

ESPALIER_MULTIVERSION
void add_where(std::int64_t count, const std::uint8_t* __restrict places, std::uint8_t tap,
               const float* __restrict dy, float* __restrict dx) {
    for (std::int64_t n = 0; n < count; ++n) dx[n] += places[n] == tap ? dy[n] : 0.0F;
}

/// Calls body(tap, pixel) for the taps of output (oy, ox) that lie inside of the image.
template <class Body>
void for_each_tap(const ConvShape& shape, std::int64_t oy, std::int64_t ox, const Body& body) {
    std::int64_t tap = 0;
    for (std::int64_t ky = 0; ky < shape.kernel[1]; ++ky) {
        const std::int64_t y = oy * shape.stride[1] + ky * shape.dilation[1] - shape.pad[1];
        for (std::int64_t kx = 0; kx < shape.kernel[2]; ++kx, ++tap) {
            const std::int64_t x = ox * shape.stride[2] + kx * shape.dilation[2] - shape.pad[2];
            const bool inside = y >= 0 && y < shape.input[1] && x >= 0 && x < shape.input[2];
            if (inside) body(static_cast<std::uint8_t>(tap), y * shape.input[2] + x);
        }
    }
}

}  // namespace

void max_pool_lanes_f32(const ConvShape& shape, std::int64_t batch, const float* x, float* y,
                        std::uint8_t* places, int threads) noexcept {
    for_each_item(shape.channels * shape.output[1], threads, [&](std::int64_t row, int) {
        const float* from = x + row / shape.output[1] * shape.pixels() * batch;
        for (std::int64_t ox = 0; ox < shape.output[2]; ++ox) {
            const std::int64_t at = (row * shape.output[2] + ox) * batch;
            bool found = false;
            for_each_tap(shape, row % shape.output[1], ox, [&](std::uint8_t tap, std::int64_t pixel) {
                (found ? take_larger : begin)(batch, from + pixel * batch, tap, y + at, places + at);
                found = true;
            });
            if (found) continue;
            std::fill_n(y + at, batch, -std::numeric_limits<float>::infinity());
            std::fill_n(places + at, batch, kNowhere);
        }
    });
}

void max_pool_lanes_gradient_f32(const ConvShape& shape, std::int64_t batch, const std::uint8_t* places,
                                 const float* dy, float* dx, int threads) noexcept {
    for_each_item(shape.channels, threads, [&](std::int64_t channel, int) {
        float* to = dx + channel * shape.pixels() * batch;
        std::fill_n(to, shape.pixels() * batch, 0.0F);
        std::int64_t at = channel * shape.positions() * batch;
        for (std::int64_t oy = 0; oy < shape.output[1]; ++oy) {
            for (std::int64_t ox = 0; ox < shape.output[2]; ++ox, at += batch) {
                for_each_tap(shape, oy, ox, [&](std::uint8_t tap, std::int64_t pixel) {
                    add_where(batch, places + at, tap, dy + at, to + pixel * batch);
                });
            }
        }
    });
}

}  // namespace espalier::kernels
