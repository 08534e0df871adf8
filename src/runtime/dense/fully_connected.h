// Y[batch, outputs] = X[batch, inputs] W^T + b with constant W: what Gemm and MatMul become when their
// second operand is an initialiser. Dense through oneDNN, sparse through the kernels.
#pragma once

#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

struct FullyConnected {
    std::int64_t batch = 0;
    std::vector<PostOperation> after = {};
    Precision precision = Precision::f32;
};

std::vector<Candidate> fully_connected(LayerWeights& weights, const FullyConnected& layer);

/// Rows of `matrix` [rows, columns] become columns.
std::vector<float> transposed(std::span<const float> matrix, std::int64_t rows, std::int64_t columns);

}  // namespace espalier::runtime
