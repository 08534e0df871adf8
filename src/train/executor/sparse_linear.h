// A fully connected layer with a fixed mask that computes with the kept weights only. They are one tensor of
// autograd, [kept], in row order, so that optimisers too touch nothing else.
//   forward   Z = X W' + b        kernels/spmm_f32_panel
//   backward  dX = dZ W           the same kernel on W'
//             dW = dZ' X          where W has weights: kernels/sddmm_f32_panel
#pragma once

#include <vector>

#include "espalier/mask.h"
#include "kernels/packed_rows.h"
#include "kernels/row_pattern.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

class SparseWeight {
  public:
    /// `mask` is [outputs, inputs]. Works on at::get_num_threads() threads.
    explicit SparseWeight(const prune::Mask& mask);

    std::int64_t outputs() const { return pattern_.rows(); }
    std::int64_t inputs() const { return pattern_.columns; }
    const kernels::RowPattern& pattern() const { return pattern_; }

    /// The kept values of a dense [outputs, inputs], and back.
    at::Tensor compress(const at::Tensor& dense) const;
    at::Tensor expand(const at::Tensor& kept) const;

    /// W and W' in the kernels' order, with these values.
    const kernels::PackedRows& forward_rows(const at::Tensor& kept, const c10::optional<at::Tensor>& bias);
    const kernels::PackedRows& backward_rows(const at::Tensor& kept);

  private:
    struct Packed {
        kernels::PackedRows rows;
        std::vector<std::uint32_t> order;  // which kept value each packed one is, part after part
        void fill(const at::Tensor& kept);
    };

    Packed pack(bool transposed) const;

    kernels::RowPattern pattern_;
    Packed forward_;
    Packed backward_;
};

/// x [n, inputs], kept [kept], bias [outputs] or undefined -> [n, outputs]. `weight` outlives the backward
/// pass.
at::Tensor sparse_linear(SparseWeight& weight, const at::Tensor& x, const at::Tensor& kept,
                         const at::Tensor& bias);

}  // namespace espalier::train
