// The window of a ConvTranspose: every input position is spread over `kernel` output positions. Read from a
// node's attributes by one rule for shapes and for execution.
#pragma once

#include <optional>

#include "graph/spatial/window.h"

namespace espalier {

struct TransposedAxis {
    WindowAxis window;      // padding is cut off the output, and may be negative
    std::int64_t size = 0;  // of the output
};

/// Of each axis of an image of `sizes`, with kernels of that size. Throws InvalidModel, naming the node, for
/// sizes that mean nothing.
std::vector<TransposedAxis> transposed_window(const Node& node, const std::vector<std::int64_t>& kernel,
                                              const std::vector<std::int64_t>& sizes);

}  // namespace espalier
