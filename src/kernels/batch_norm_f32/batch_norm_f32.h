// Batch normalisation of a training pass, and its gradient, with the ReLU behind it and the sum between them,
// as at the end of a residual block (Ioffe & Szegedy 2015):
//   xhat = (x - mean) / sqrt(variance + epsilon)     mean and variance over batch and pixels of a channel
//   y = gamma xhat + beta, or max(0, that), or max(0, that + a)
//   dgamma = sum g xhat   dbeta = sum g              g = dy, or 0 where y is 0 by the ReLU
//   da = g
//   dx = gamma / sqrt(variance + epsilon) (g - mean(g) - xhat mean(g xhat))
// A channel is done whole before the next, so that what the second pass over it reads lies in a cache.
#pragma once

#include <cstdint>
#include <string>

namespace espalier::kernels {

/// Where the channels of a tensor lie, in floats: each is `runs` runs of `length`.
struct ChannelRuns {
    std::int64_t channels = 0;
    std::int64_t channel = 0;  // from one channel to the next
    std::int64_t runs = 1;
    std::int64_t run = 0;  // from one run to the next
    std::int64_t length = 0;

    std::int64_t values() const { return runs * length; }
};

struct BatchNorm {
    const float* gamma;  // [channels]
    const float* beta;
    float epsilon;
    bool relu;
    const float* addend = nullptr;  // a, which lies as x does; only with `relu`
};

/// What the gradient of a sum with a takes and gives: both lie as x does.
struct BatchNormSum {
    const float* y;  // of the forward pass
    float* da;
};

/// Writes y, and mean and (biased) variance of each channel. The result does not depend on `threads`.
void batch_norm_f32(const ChannelRuns& layout, const BatchNorm& norm, const float* x, float* y, float* mean,
                    float* variance, int threads) noexcept;

/// Writes dx, which may be null, dgamma and dbeta; `mean` and `variance` are those of the forward pass. If
/// that had an addend `sum` must be given, and else be null; norm.addend is not read.
void batch_norm_gradient_f32(const ChannelRuns& layout, const BatchNorm& norm, const float* x,
                             const float* mean, const float* variance, const float* dy, float* dx,
                             float* dgamma, float* dbeta, const BatchNormSum* sum, int threads) noexcept;

/// The instruction set they run with: "avx2".
std::string batch_norm_f32_instruction_set();

/// The same in plain loops, in double.
void batch_norm_f32_reference(const ChannelRuns& layout, const BatchNorm& norm, const float* x, double* y,
                              double* mean, double* variance);
void batch_norm_gradient_f32_reference(const ChannelRuns& layout, const BatchNorm& norm, const float* x,
                                       const float* dy, double* dx, double* dgamma, double* dbeta,
                                       double* da = nullptr);

}  // namespace espalier::kernels
