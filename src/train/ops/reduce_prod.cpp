// ReduceProd: the product over dimensions.
#include <algorithm>

#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_prod_ {
namespace {

at::Tensor product_over(const at::Tensor& x, const AtenReduction& over) {
    at::Tensor y = x;
    for (const std::int64_t axis : over.axes) y = y.prod(axis, true);
    if (over.keep) return y;
    std::vector<std::int64_t> shape;
    for (std::int64_t i = 0; i < x.dim(); ++i) {
        if (std::ranges::find(over.axes, i) == over.axes.end()) shape.push_back(x.size(i));
    }
    return y.reshape(shape);
}

}  // namespace

extern const TrainOp reduce_prod{
    .name = "ReduceProd", .summary = "at::prod", .forward = reduction<product_over>};

}  // namespace espalier::train::ops_::reduce_prod_
