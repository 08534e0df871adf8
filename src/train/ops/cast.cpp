// Cast: the same numbers in another type. What becomes integers has no gradient and is computed plainly.
#include "graph/onnx_dtype.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::cast_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const auto dtype = from_onnx_dtype(node.attribute_int("to", 0));
    if (!dtype) throw Unsupported(describe(node) + ": Cast to a type that is not supported");
    outputs[0] = inputs[0].to(scalar_type(*dtype));
}

}  // namespace

extern const TrainOp cast{
    .name = "Cast", .summary = "at::Tensor::to", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::cast_
