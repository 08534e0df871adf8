// Weights of a layer of 8-bit integers: packed once, shared by the plans for all shapes of the input.
#pragma once

#include <memory>
#include <vector>

#include "kernels/conv_i8/conv_i8.h"
#include "kernels/conv_i8_quads/conv_i8_quads.h"
#include "kernels/depthwise_i8/depthwise_i8.h"

namespace espalier::runtime {

/// For products of quads: of each group of a convolution.
struct QuadWeights {
    kernels::ByteUnit processor = {};
    int unit = 0;      // rows that are read together
    double share = 1;  // of all quads
    std::vector<std::shared_ptr<const kernels::ByteQuads>> groups = {};
};

struct ByteWeights {
    std::shared_ptr<const kernels::PackedBytes> packed = {};        // or,
    std::shared_ptr<const kernels::DepthwiseBytes> depthwise = {};  // where each channel is by itself,
    std::vector<QuadWeights> quads = {};  // of every kind of instructions that this processor has
    std::vector<float> scale, bias;       // of each output
    std::int64_t count = 0;               // of the weights,
    std::int64_t left = 0;                // and of those that are not their zero point
};

}  // namespace espalier::runtime
