// Indices in the form that ATen takes.
#pragma once

#include "train/libtorch/torch.h"

namespace espalier::train {

/// Indices into a dimension of `size`, counted from the front, as i64 beside `x`.
inline at::Tensor wrapped(const at::Tensor& indices, std::int64_t size, const at::Tensor& x) {
    const at::Tensor places = indices.to(x.device(), at::kLong);
    return at::where(places < 0, places + size, places);
}

/// The row of x, its dimensions [first, first + length of a tuple) counted as one, that each tuple along the
/// last dimension names.
inline at::Tensor rows_of(const at::Tensor& tuples, std::int64_t first, const at::Tensor& x) {
    at::Tensor rows = at::zeros(tuples.sizes().slice(0, static_cast<std::size_t>(tuples.dim() - 1)),
                                x.options().dtype(at::kLong));
    for (std::int64_t k = 0; k < tuples.size(-1); ++k) {
        const std::int64_t size = x.size(first + k);
        const at::Tensor places = wrapped(tuples.select(-1, k), size, x);
        TORCH_CHECK(places.numel() == 0 || (places.ge(0).logical_and(places.lt(size))).all().item<bool>(),
                    "an index is outside of a dimension of ", size);
        rows = rows * size + places;
    }
    return rows;
}

}  // namespace espalier::train
