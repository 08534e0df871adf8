#include "train/executor/lanes.h"

namespace espalier::train {

bool is_in_lanes(const at::Tensor& x) {
    return x.dim() == 4 && !x.is_contiguous() && x.permute({1, 2, 3, 0}).is_contiguous();
}

// ATen transposes a matrix in blocks, and permutes four dimensions an element at a time.

at::Tensor to_lanes(const at::Tensor& x) {
    if (x.permute({1, 2, 3, 0}).is_contiguous()) return x;
    const at::Tensor rows = x.reshape({x.size(0), -1}).t().contiguous();
    return rows.view({x.size(1), x.size(2), x.size(3), x.size(0)}).permute({3, 0, 1, 2});
}

at::Tensor from_lanes(const at::Tensor& x) {
    if (!is_in_lanes(x)) return x;
    return x.permute({1, 2, 3, 0}).view({-1, x.size(0)}).t().contiguous().view(x.sizes());
}

at::Tensor empty_in_lanes(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w,
                          const at::TensorOptions& options) {
    return at::empty({c, h, w, n}, options).permute({3, 0, 1, 2});
}

}  // namespace espalier::train
