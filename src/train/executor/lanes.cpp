#include "train/executor/lanes.h"

#include <torch/csrc/autograd/custom_function.h>

namespace espalier::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool lie_in_lanes(const at::Tensor& x) { return x.permute({1, 2, 3, 0}).is_contiguous(); }

// ATen transposes a matrix in blocks, and permutes four dimensions an element at a time. So do its
// element-wise operators where a gradient lies otherwise than the value: what changes the layout here
// changes that of its gradient, too.

struct ToLanes : torch::autograd::Function<ToLanes> {
    static at::Tensor forward(AutogradContext*, const at::Tensor& x) {
        const at::Tensor rows = x.reshape({x.size(0), -1}).t().contiguous();
        return rows.view({x.size(1), x.size(2), x.size(3), x.size(0)}).permute({3, 0, 1, 2});
    }
    static variable_list backward(AutogradContext*, const variable_list& gradients) {
        return {from_lanes(gradients[0])};
    }
};

struct FromLanes : torch::autograd::Function<FromLanes> {
    static at::Tensor forward(AutogradContext*, const at::Tensor& x) {
        return x.permute({1, 2, 3, 0}).view({-1, x.size(0)}).t().contiguous().view(x.sizes());
    }
    static variable_list backward(AutogradContext*, const variable_list& gradients) {
        return {to_lanes(gradients[0])};
    }
};

}  // namespace

bool is_in_lanes(const at::Tensor& x) { return x.dim() == 4 && !x.is_contiguous() && lie_in_lanes(x); }

at::Tensor to_lanes(const at::Tensor& x) { return lie_in_lanes(x) ? x : ToLanes::apply(x); }

at::Tensor from_lanes(const at::Tensor& x) { return is_in_lanes(x) ? FromLanes::apply(x) : x; }

at::Tensor as_the_other_lies(const at::Tensor& x, const at::Tensor& other) {
    const bool alike = x.dim() == 4 && x.sizes() == other.sizes();
    return alike && is_in_lanes(other) ? to_lanes(x) : x;
}

at::Tensor empty_in_lanes(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w,
                          const at::TensorOptions& options) {
    return at::empty({c, h, w, n}, options).permute({3, 0, 1, 2});
}

}  // namespace espalier::train
