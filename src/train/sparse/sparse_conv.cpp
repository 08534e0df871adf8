#include "train/sparse/sparse_conv.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "train/executor/lanes.h"
#include "train/executor/window.h"

namespace espalier::train {
namespace {

using kernels::ConvShape;
using kernels::LaneStencil;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The weights in the stencil's order.
std::vector<float> ordered(const LaneStencil& stencil, const at::Tensor& kept) {
    const float* from = kept.data_ptr<float>();
    std::vector<float> values;
    values.reserve(stencil.weights().size());
    for (const std::uint32_t weight : stencil.weights()) values.push_back(from[weight]);
    return values;
}

struct SparseConvolution : torch::autograd::Function<SparseConvolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& kept,
                              const c10::optional<at::Tensor>& bias, SparseConv* layer) {
        context->save_for_backward({x, kept});
        context->saved_data["bias"] = bias.has_value();
        context->saved_data["layer"] = static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(layer));
        SparseConv::Plan& plan = layer->plan(x);
        const std::vector<float> values = ordered(plan.forward, kept);
        at::Tensor z = empty_in_lanes(x.size(0), layer->outputs(), plan.shape.output[1], plan.shape.output[2],
                                      x.options());
        const at::Tensor biases = bias ? bias->contiguous() : at::Tensor();
        kernels::conv_lanes_f32(plan.forward, x.size(0), values.data(),
                                bias ? biases.data_ptr<float>() : nullptr, x.data_ptr<float>(),
                                z.data_ptr<float>(), at::get_num_threads());
        return z;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        if (at::GradMode::is_enabled())
            throw Unsupported("a sparse layer has no second derivative: train it dense");
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& kept = saved[1];
        auto* layer =
            reinterpret_cast<SparseConv*>(static_cast<std::intptr_t>(context->saved_data["layer"].toInt()));
        SparseConv::Plan& plan = layer->plan(x);
        const at::Tensor dz = to_lanes(gradients[0]);
        const int threads = at::get_num_threads();
        at::Tensor dw = at::empty_like(kept);
        at::Tensor dx;
        if (context->needs_input_grad(0)) {
            const std::vector<float> values = ordered(plan.backward, kept);
            dx = empty_in_lanes(x.size(0), x.size(1), x.size(2), x.size(3), x.options());
            kernels::gradients_lanes_f32(plan.backward, x.size(0), values.data(), dz.data_ptr<float>(),
                                         x.data_ptr<float>(), dx.data_ptr<float>(), dw.data_ptr<float>(),
                                         threads);
        } else {
            kernels::sample_lanes_f32(plan.forward, x.size(0), x.data_ptr<float>(), dz.data_ptr<float>(),
                                      dw.data_ptr<float>(), threads);
        }
        return {dx, dw, context->saved_data["bias"].toBool() ? dz.sum({0, 2, 3}) : at::Tensor(),
                at::Tensor()};
    }
};

/// Pixels, of every stride-th, that a window reads beyond those of a tile, at most.
std::int64_t beyond(const WindowAxis& axis) {
    return ((axis.kernel - 1) * axis.dilation + axis.stride - 1) / axis.stride;
}

std::vector<std::int64_t> kernel_of(const Shape& weight) { return {weight.begin() + 2, weight.end()}; }

}  // namespace

SparseConv::SparseConv(const prune::Mask& mask, const Node& node)
    : SparseLayer(mask),
      window_(Window::of(node, 2, kernel_of(mask.shape()))),
      groups_(node.attribute_int("group", 1)) {}

bool SparseConv::can_pay(const Node& node, const Shape& weight) {
    // A depthwise window has one channel: nothing that a zero could spare.
    if (node.op != "Conv" || weight.size() != 4 || weight[1] == 1) return false;
    // What a tile of 4 rows of 64 floats reads under a wide window is out of reach of 16 bits: 3x3 at
    // dilation 36. Higher tiles are taken where all that they read fits.
    const Window window = Window::of(node, 2, kernel_of(weight));
    return (4 + beyond(window.axes[0])) * (64 + 64 * beyond(window.axes[1])) <= 1 << 16;
}

SparseConv::Plan& SparseConv::plan(const at::Tensor& x) {
    const std::int64_t batch = x.size(0);
    const ConvShape shape = conv_shape(window_, x, groups_, outputs());
    const LaneStencil::Tiling::Reading read{groups_ * shape.channels * shape.stride[1] * shape.stride[2],
                                            beyond(window_.axes[0]), beyond(window_.axes[1])};
    const auto forward = LaneStencil::Tiling::of(shape.output[1], shape.output[2], batch, read);
    const auto phase = [&](std::size_t axis) {
        return (shape.input[axis] + shape.stride[axis] - 1) / shape.stride[axis];
    };
    const auto backward =
        LaneStencil::Tiling::of(phase(1), phase(2), batch, {outputs(), read.beyond_y, read.beyond_x});
    const std::array<std::int64_t, 4> key = {x.size(2), x.size(3), forward.lanes, backward.lanes};
    const auto found = plans_.find(key);
    if (found != plans_.end()) return found->second;
    Plan made{.shape = shape,
              .forward = LaneStencil::forward(shape, pattern(), forward),
              .backward = LaneStencil::backward(shape, pattern(), backward)};
    return plans_.emplace(key, std::move(made)).first->second;
}

at::Tensor SparseConv::forward(const at::Tensor& x, const at::Tensor& kept, const at::Tensor& bias) {
    const c10::optional<at::Tensor> given = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
    return SparseConvolution::apply(to_lanes(x), kept, given, this);
}

}  // namespace espalier::train
