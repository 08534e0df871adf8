// Gelu by kernels/gelu_f32 instead of oneDNN, which takes eight times as long for it on AVX2.
#pragma once

#include <memory>
#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

/// Whether the function is one of those.
bool is_gelu(const Function& function);

/// Over `count` elements, in place or not.
std::shared_ptr<Kernel> gelu_kernel(const Function& function, std::int64_t count, int threads);

/// What is left to oneDNN of the steps behind a product, up to the first Gelu, and the others.
struct SplitSteps {
    std::vector<PostOperation> first, others;
};
SplitSteps split_at_gelu(const std::vector<PostOperation>& steps);

}  // namespace espalier::runtime
