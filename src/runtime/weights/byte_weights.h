// Weights of a layer of 8-bit integers: packed once, shared by the plans for all shapes of the input.
#pragma once

#include <memory>
#include <vector>

#include "kernels/conv_i8/conv_i8.h"
#include "kernels/depthwise_i8/depthwise_i8.h"

namespace espalier::runtime {

struct ByteWeights {
    std::shared_ptr<const kernels::PackedBytes> packed = {};        // or,
    std::shared_ptr<const kernels::DepthwiseBytes> depthwise = {};  // where each channel is by itself,
    std::vector<float> scale, bias;                                 // of each output
};

}  // namespace espalier::runtime
