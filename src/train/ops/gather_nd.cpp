// GatherND: the slices of x that tuples of indices name; the first batch_dims dimensions of both go together.
#include <algorithm>

#include "train/executor/indices.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::gather_nd_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const at::Tensor& tuples = inputs[1];
    const std::int64_t batch = node.attribute_int("batch_dims", 0);
    std::vector<std::int64_t> out = tuples.sizes().vec();
    out.pop_back();
    std::int64_t batches = 1;
    std::int64_t rows = 1;
    for (std::int64_t i = 0; i < batch; ++i) batches *= x.size(i);
    for (std::int64_t i = batch; i < batch + tuples.size(-1); ++i) rows *= x.size(i);
    for (std::int64_t i = batch + tuples.size(-1); i < x.dim(); ++i) out.push_back(x.size(i));
    const at::Tensor in_batch = rows_of(tuples, batch, x).reshape({batches, -1});
    const at::Tensor first = at::arange(batches, in_batch.options()).unsqueeze(1) * rows;
    const at::Tensor slices =
        x.reshape({batches * rows, x.numel() / std::max<std::int64_t>(1, batches * rows)});
    outputs[0] = slices.index_select(0, (in_batch + first).reshape({-1})).reshape(out);
}

}  // namespace

extern const TrainOp gather_nd{.name = "GatherND", .summary = "at::index_select", .forward = forward};

}  // namespace espalier::train::ops_::gather_nd_
