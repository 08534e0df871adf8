#include "kernels/depthwise_i8/depthwise_quads.h"

#include <algorithm>
#include <cstring>

#include "kernels/depthwise_i8/quad_row.h"
#include "kernels/parallel.h"

namespace espalier::kernels {
namespace {

std::int64_t blocks_of(const ConvShape& shape) { return (shape.groups + kQuadChannels - 1) / kQuadChannels; }

std::size_t of_outputs(const ConvShape& shape) {
    return static_cast<std::size_t>(blocks_of(shape) * kQuadChannels);
}

std::int64_t columns_at_once(const ConvShape& shape) {
    const std::int64_t outputs = std::min(kQuadOutputsAtOnce, shape.output[2]);
    return (outputs - 1) * shape.stride[2] + (shape.kernel[2] - 1) * shape.dilation[2] + 1;
}

/// Of a thread: interleaved columns, and where its rows are.
std::size_t thread_bytes(const ConvShape& shape) {
    const auto columns =
        static_cast<std::size_t>(columns_at_once(shape) * quads_of_column(shape)) * kQuadBytes;
    const auto rows = static_cast<std::size_t>(4 * quads_of_column(shape)) * sizeof(const std::uint8_t*);
    return columns + (rows + 63) / 64 * 64;
}

/// Where row `row` of the output (its depth and height) reads, null for what lies outside the image.
void find_rows(const ConvShape& s, const std::uint8_t* image, std::int64_t row, const std::uint8_t** rows) {
    for (std::int64_t r = 0; r < 4 * quads_of_column(s); ++r) {
        const std::int64_t z = row / s.output[1] * s.stride[0] - s.pad[0] + r / s.kernel[1] * s.dilation[0];
        const std::int64_t y = row % s.output[1] * s.stride[1] - s.pad[1] + r % s.kernel[1] * s.dilation[1];
        const bool inside = r < rows_of_column(s) && z >= 0 && z < s.input[0] && y >= 0 && y < s.input[1];
        rows[r] = inside ? image + (z * s.input[1] + y) * s.input[2] * s.groups : nullptr;
    }
}

}  // namespace

WeightVector<std::int32_t> depthwise_quads(const ConvShape& shape, std::span<const std::int16_t> w) {
    const std::int64_t of_column = quads_of_column(shape), columns = shape.kernel[2];
    WeightVector<std::int32_t> quads(of_outputs(shape) * static_cast<std::size_t>(columns * of_column));
    for (std::int64_t c = 0; c < shape.groups; ++c) {
        for (std::int64_t t = 0; t < shape.taps(); ++t) {
            const std::int64_t row = t / columns, column = t % columns;
            const std::int64_t quad = (c / kQuadChannels * columns + column) * of_column + row / 4;
            const auto at =
                static_cast<std::size_t>(quad * kQuadChannels + interleaved_place(c % kQuadChannels));
            const auto byte = static_cast<std::uint8_t>(w[static_cast<std::size_t>(c * shape.taps() + t)]);
            quads[at] |= static_cast<std::int32_t>(std::uint32_t{byte} << (row % 4 * 8));
        }
    }
    return quads;
}

std::size_t quad_scratch_bytes(const ConvShape& shape, int threads) {
    return 3 * of_outputs(shape) * sizeof(float) +
           static_cast<std::size_t>(std::max(threads, 1)) * thread_bytes(shape);
}

void run_depthwise_quads(const ConvShape& s, const DepthwiseBytes& weights, int threads,
                         const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                         std::byte* scratch) {
    auto* const start = reinterpret_cast<std::int32_t*>(scratch);
    auto* const scale = reinterpret_cast<float*>(start + of_outputs(s));
    float* const shift = scale + of_outputs(s);
    std::byte* const of_threads = reinterpret_cast<std::byte*>(shift + of_outputs(s));
    const std::int32_t zero = quantum.origin();
    for (std::int64_t c = 0; c < s.groups; ++c) {
        const std::int64_t at = c / kQuadChannels * kQuadChannels + interleaved_place(c % kQuadChannels);
        start[at] = -zero * weights.totals[static_cast<std::size_t>(c)];
        scale[at] = finish.scale[c];
        shift[at] = finish.shift[c];
    }
    const std::int64_t rows = s.output[0] * s.output[1];
    const std::int64_t of_element = finish.bytes ? 1 : static_cast<std::int64_t>(sizeof(float));
    for_each_item(s.images * rows, threads, [&](std::int64_t item, int thread) {
        std::byte* const own = of_threads + static_cast<std::size_t>(thread) * thread_bytes(s);
        const auto columns = static_cast<std::size_t>(columns_at_once(s) * quads_of_column(s)) * kQuadBytes;
        auto** const places = reinterpret_cast<const std::uint8_t**>(own + columns);
        find_rows(s, x + item / rows * s.pixels() * s.groups, item % rows, places);
        run_quad_row({.shape = s,
                      .weights = weights.values.data(),
                      .start = start,
                      .scale = scale,
                      .shift = shift,
                      .finish = finish,
                      .zero = static_cast<std::uint8_t>(zero),
                      .flip = quantum.flip(),
                      .rows = places,
                      .columns = reinterpret_cast<std::uint8_t*>(own),
                      .y = static_cast<std::uint8_t*>(y) + item * s.output[2] * s.groups * of_element});
    });
}

}  // namespace espalier::kernels
