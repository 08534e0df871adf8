// Convolution of images through oneDNN: y[n, o] = b[o] + sum over c of x[n, c] correlated with w[o, c].
#pragma once

#include <vector>

#include "espalier/runtime.h"
#include "graph/spatial/window.h"
#include "runtime/execute/kernel.h"
#include "runtime/weights/layer_weights.h"

namespace espalier::runtime {

struct Convolution {
    Shape input, output;  // N x C x H x W, or of one or three axes
    Shape weight;         // [O, C, kH, kW] or [groups, O / groups, C / groups, kH, kW], likewise
    Window window;        // with explicit padding
    bool bias = false;    // operand 2; constant weights always have one
    std::vector<PostOperation> after = {};
    Precision precision = Precision::f32;

    std::int64_t groups() const { return weight.size() > input.size() ? weight.front() : 1; }
};

/// With constant weights, null if they are operand 1.
std::vector<Candidate> convolution(const Convolution& conv, LayerWeights* weights);

}  // namespace espalier::runtime
