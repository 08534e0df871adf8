// A fully connected layer with a fixed mask that computes with the kept weights only.
//   forward   Z = X W' + b        kernels/spmm_f32_panel
//   backward  dX = dZ W           the same kernel on W'
//             dW = dZ' X          where W has weights: kernels/sddmm_f32_panel
#pragma once

#include <vector>

#include "kernels/packed_rows.h"
#include "train/sparse/sparse_layer.h"

namespace espalier::train {

class SparseWeight : public SparseLayer {
  public:
    /// `mask` is [outputs, inputs]. Works on at::get_num_threads() threads.
    explicit SparseWeight(const prune::Mask& mask);

    at::Tensor forward(const at::Tensor& x, const at::Tensor& kept, const at::Tensor& bias) override;

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

    Packed forward_;
    Packed backward_;
};

/// x [n, inputs], kept [kept], bias [outputs] or undefined -> [n, outputs]. `weight` outlives the backward
/// pass.
at::Tensor sparse_linear(SparseWeight& weight, const at::Tensor& x, const at::Tensor& kept,
                         const at::Tensor& bias);

}  // namespace espalier::train
