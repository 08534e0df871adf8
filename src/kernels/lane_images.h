// Images whose batch lies innermost: [channel][y][x][batch].
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels {

struct LaneImages {
    std::int64_t channels, height, width, batch;

    std::int64_t row() const { return width * batch; }  // floats from one to the next
    std::int64_t plane() const { return height * row(); }
};

/// What a convolution of one group reads and writes.
inline LaneImages images_read(const ConvShape& shape, std::int64_t batch) {
    return {shape.channels, shape.input[1], shape.input[2], batch};
}
inline LaneImages images_written(const ConvShape& shape, std::int64_t batch) {
    return {shape.outputs, shape.output[1], shape.output[2], batch};
}

/// Rows of products come in fours.
inline std::int64_t fours(std::int64_t count) { return (count + 3) / 4 * 4; }

/// How the gradient of weights is divided, whatever the threads: parts of the outputs, each of which reads x
/// anew, times runs of pixels, each with sums of its own.
struct OutputParts {
    std::int64_t parts, outputs;  // outputs of a part
    std::int64_t runs;

    /// For `sums` floats an output.
    OutputParts(std::int64_t all, std::int64_t sums) {
        constexpr std::int64_t kUnits = 8;
        constexpr std::int64_t kSums = 1 << 17;  // 512 KB
        parts = std::clamp<std::int64_t>(all * sums / kSums, 1, kUnits);
        outputs = std::max<std::int64_t>(4, fours((all + parts - 1) / parts));
        parts = (all + outputs - 1) / outputs;
        runs = std::max<std::int64_t>(1, kUnits / parts);
    }
    std::int64_t units() const { return parts * runs; }
};

}  // namespace espalier::kernels
