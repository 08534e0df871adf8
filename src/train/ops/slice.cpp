// Slice: of each dimension that is named, positions from start to end, steps apart.
#include "graph/computation/slicing.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::slice_ {
namespace {

at::Tensor cut(const at::Tensor& x, std::int64_t axis, const SliceRange& range) {
    if (range.count == 0) return x.narrow(axis, 0, 0);
    if (range.count == 1) return x.narrow(axis, range.first, 1);
    if (range.step > 0)
        return x.slice(axis, range.first, range.first + (range.count - 1) * range.step + 1, range.step);
    return x.index_select(axis,
                          at::arange(range.count, x.options().dtype(at::kLong)) * range.step + range.first);
}

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    const auto starts = integers(inputs[1]);
    const auto ends = integers(inputs[2]);
    const at::Tensor axes = optional_input(inputs, 3);
    const at::Tensor steps = optional_input(inputs, 4);
    outputs[0] = inputs[0];
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::int64_t axis =
            axes.defined() ? from_front(integers(axes)[i], inputs[0].dim()) : static_cast<std::int64_t>(i);
        const std::int64_t step = steps.defined() ? integers(steps)[i] : 1;
        outputs[0] = cut(outputs[0], axis, slice_range(inputs[0].size(axis), starts[i], ends[i], step));
    }
}

}  // namespace

extern const TrainOp slice{
    .name = "Slice", .summary = "views, and at::index_select backwards", .forward = forward};

}  // namespace espalier::train::ops_::slice_
