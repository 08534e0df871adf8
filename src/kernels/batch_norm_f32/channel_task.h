// What the compiled variants of batch_norm_f32 share: one channel.
#pragma once

#include "kernels/batch_norm_f32/batch_norm_f32.h"

namespace espalier::kernels {

struct ChannelTask {
    ChannelRuns layout;
    float gamma, beta, epsilon;
    bool relu;
    const float* x;
    const float* addend;  // or null
    const float* dy;      // of the gradient
    const float* y;       // of the forward pass, if there was an addend
    float* to;            // y or dx; dx may be null
    float* da;            // or null
    bool past;            // whether dx is written past the caches
    float mean, variance;
    float dgamma, dbeta;
};

}  // namespace espalier::kernels
