// Pad: elements around a value: a constant, the edge, or the value reflected at its edge or repeated.
#include "graph/spatial/padding.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::pad_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const auto pads = integers(inputs[1]);
    const PadMode mode = pad_mode(node);
    if (mode == PadMode::constant) {
        const at::Tensor given = optional_input(inputs, 2);
        std::vector<std::int64_t> around;
        for (std::size_t d = pads.size() / 2; d-- > 0;)
            around.insert(around.end(), {pads[d], pads[d + pads.size() / 2]});
        outputs[0] = at::constant_pad_nd(x, around, given.defined() ? given.item() : at::Scalar(0));
        return;
    }
    outputs[0] = x;
    for (std::int64_t d = 0; d < x.dim(); ++d) {
        const std::int64_t before = pads[static_cast<std::size_t>(d)];
        const std::int64_t behind = pads[static_cast<std::size_t>(d + x.dim())];
        if (before == 0 && behind == 0) continue;
        std::vector<std::int64_t> places;
        for (std::int64_t i = -before; i < x.size(d) + behind; ++i)
            places.push_back(padding_source(mode, i, x.size(d)));
        outputs[0] = outputs[0].index_select(d, at::tensor(places, x.options().dtype(at::kLong)));
    }
}

}  // namespace

extern const TrainOp pad{
    .name = "Pad", .summary = "at::constant_pad_nd, or at::index_select", .forward = forward};

}  // namespace espalier::train::ops_::pad_
