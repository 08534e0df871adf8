// A convolution with a fixed mask that computes with the kept weights only, on images in lanes
// (train/executor/lanes.h), which its output is too.
//   forward   Z = W * X + b        kernels/conv_lanes_f32
//   backward  dX = W' * dZ         the same, with input and output exchanged
//             dW                   where W has weights, of what dX packs: gradients_lanes_f32
#pragma once

#include <array>
#include <map>

#include "graph/spatial/window.h"
#include "kernels/conv_lanes_f32/conv_lanes_f32.h"
#include "train/sparse/sparse_layer.h"

namespace espalier::train {

class SparseConv : public SparseLayer {
  public:
    /// `mask` is [outputs, channels of a group, h, w], `node` the Conv it belongs to.
    SparseConv(const prune::Mask& mask, const Node& node);

    /// Whether a Conv with a weight of this shape can be faster sparse than dense. By a rule from
    /// measurements and not by a stopwatch, so that bytes repeat
    /// (docs/decisions/2026-11-29-sparse-convolutions.md).
    static bool can_pay(const Node& node, const Shape& weight);

    at::Tensor forward(const at::Tensor& x, const at::Tensor& kept, const at::Tensor& bias) override;

    /// How the kernels go over images as large as x.
    struct Plan {
        kernels::ConvShape shape;
        kernels::LaneStencil forward, backward;
    };
    Plan& plan(const at::Tensor& x);

  private:
    Window window_;
    std::int64_t groups_;
    std::map<std::array<std::int64_t, 4>, Plan> plans_;  // by height, width, lanes forward and back
};

}  // namespace espalier::train
