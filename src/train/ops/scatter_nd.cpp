// ScatterND: x with each slice of updates put where a tuple of indices names.
#include <algorithm>

#include "train/executor/indices.h"
#include "train/executor/op.h"
#include "train/executor/scatter.h"

namespace espalier::train::ops_::scatter_nd_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const at::Tensor& tuples = inputs[1];
    std::int64_t rows = 1;
    for (std::int64_t i = 0; i < tuples.size(-1); ++i) rows *= x.size(i);
    const std::int64_t slice = x.numel() / std::max<std::int64_t>(1, rows);
    const at::Tensor places = rows_of(tuples, 0, x).reshape({-1, 1}).expand({-1, slice});
    outputs[0] = scattered(node, x.reshape({rows, slice}), 0, places, inputs[2].reshape({-1, slice}))
                     .reshape(x.sizes());
}

}  // namespace

extern const TrainOp scatter_nd{.name = "ScatterND", .summary = "at::scatter", .forward = forward};

}  // namespace espalier::train::ops_::scatter_nd_
