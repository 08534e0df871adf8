// Add: element-wise sum with broadcasting.
#include <torch/csrc/autograd/custom_function.h>

#include "train/executor/elementwise.h"

namespace espalier::train::ops_::add_ {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor plus(const at::Tensor& a, const at::Tensor& b) { return a + b; }

/// max(a + b, 0) of equal shapes, in one pass over memory less than by two nodes.
struct AddRelu : torch::autograd::Function<AddRelu> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& a, const at::Tensor& b) {
        at::Tensor y = at::add(a, b);
        y.relu_();  // at::_add_relu makes Inf finite, and of a NaN at the end of its run 0
        context->save_for_backward({y});
        return y;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const at::Tensor g = at::threshold_backward(gradients[0], context->get_saved_variables()[0], 0);
        return {g, g};
    }
};

void forward_relu(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
                  std::span<at::Tensor> outputs) {
    if (inputs[0].sizes() == inputs[1].sizes() && inputs[0].scalar_type() == inputs[1].scalar_type()) {
        const at::Tensor a = as_the_other_lies(inputs[0], inputs[1]);
        outputs[0] = AddRelu::apply(a, as_the_other_lies(inputs[1], a));
        return;
    }
    binary<plus>(pass, node, inputs, outputs);
    outputs[0] = at::relu(outputs[0]);
}

}  // namespace

extern const TrainOp add{.name = "Add",
                         .summary = "at::add",
                         .takes_lanes = true,
                         .forward = binary<plus>,
                         .forward_relu = forward_relu};

}  // namespace espalier::train::ops_::add_
