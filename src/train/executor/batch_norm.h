// Batch normalisation of a training pass on kernels/batch_norm_f32, with what a residual block has behind it.
#pragma once

#include "train/libtorch/torch.h"

namespace espalier::train {

/// Whether batch_norm() computes `x`: f32 [n, c, ...] on the CPU.
bool has_batch_norm(const at::Tensor& x);

struct BatchNormSettings {
    double momentum;
    double epsilon;
    bool relu;
    at::Tensor addend = {};  // f32 of the size of x, only with `relu`; undefined for none
};

/// gamma xhat + beta, relu(that) or, with an addend, relu(that + addend); differentiable, twice if asked.
/// Moves the running mean and the running variance, by the unbiased one of the batch, by `momentum`. Images
/// stay in lanes (train/executor/lanes.h) if they are.
at::Tensor batch_norm(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                      const at::Tensor& running_mean, const at::Tensor& running_variance,
                      const BatchNormSettings& settings);

}  // namespace espalier::train
