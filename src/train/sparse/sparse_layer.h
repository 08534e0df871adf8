// A layer with a fixed mask that computes with the kept weights only. They are one tensor of autograd,
// [kept], in row order, so that optimisers too touch nothing else.
#pragma once

#include "espalier/mask.h"
#include "kernels/row_pattern.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

/// Calls body(index among the kept, row, column).
template <class Body>
void for_each_kept(const kernels::RowPattern& pattern, Body&& body) {
    for (std::int64_t row = 0; row < pattern.rows(); ++row) {
        for (std::uint32_t i = pattern.starts[static_cast<std::size_t>(row)];
             i < pattern.starts[static_cast<std::size_t>(row) + 1]; ++i) {
            body(i, row, static_cast<std::int64_t>(pattern.at[i]));
        }
    }
}

class SparseLayer {
  public:
    /// `mask` is [outputs, ...].
    explicit SparseLayer(const prune::Mask& mask);
    virtual ~SparseLayer() = default;
    SparseLayer(const SparseLayer&) = delete;
    SparseLayer& operator=(const SparseLayer&) = delete;

    /// Of the dense weight.
    const Shape& shape() const { return shape_; }
    std::int64_t outputs() const { return pattern_.rows(); }
    /// Weights of an output.
    std::int64_t inputs() const { return pattern_.columns; }
    const kernels::RowPattern& pattern() const { return pattern_; }

    /// The kept values of a dense weight, and back.
    at::Tensor compress(const at::Tensor& dense) const;
    at::Tensor expand(const at::Tensor& kept) const;

    /// What the layer's node gives for `x`; `bias` may be undefined. This outlives the backward pass.
    virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& kept, const at::Tensor& bias) = 0;

  private:
    Shape shape_;
    kernels::RowPattern pattern_;
};

}  // namespace espalier::train
