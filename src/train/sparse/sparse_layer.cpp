#include "train/sparse/sparse_layer.h"

namespace espalier::train {
namespace {

kernels::RowPattern pattern_of(const prune::Mask& mask) {
    ESPALIER_ASSERT(mask.shape().size() >= 2 && mask.count() > 0);
    kernels::RowPattern pattern;
    const std::int64_t rows = mask.shape()[0];
    pattern.columns = mask.count() / rows;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t column = 0; column < pattern.columns; ++column) {
            if (mask[row * pattern.columns + column])
                pattern.at.push_back(static_cast<std::uint32_t>(column));
        }
        pattern.starts.push_back(static_cast<std::uint32_t>(pattern.at.size()));
    }
    return pattern;
}

}  // namespace

SparseLayer::SparseLayer(const prune::Mask& mask) : shape_(mask.shape()), pattern_(pattern_of(mask)) {}

at::Tensor SparseLayer::compress(const at::Tensor& dense) const {
    at::Tensor kept = at::empty({pattern_.nonzeros()});
    const at::Tensor rows = dense.contiguous();
    const float* from = rows.data_ptr<float>();
    float* to = kept.data_ptr<float>();
    for_each_kept(pattern_, [&](std::uint32_t i, std::int64_t row, std::int64_t column) {
        to[i] = from[row * inputs() + column];
    });
    return kept;
}

at::Tensor SparseLayer::expand(const at::Tensor& kept) const {
    at::Tensor dense = at::zeros(shape_);
    const float* from = kept.data_ptr<float>();
    float* to = dense.data_ptr<float>();
    for_each_kept(pattern_, [&](std::uint32_t i, std::int64_t row, std::int64_t column) {
        to[row * inputs() + column] = from[i];
    });
    return dense;
}

}  // namespace espalier::train
