#include "train/executor/lanes_conv.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/conv_dense_lanes_f32/conv_dense_lanes_f32.h"
#include "kernels/conv_winograd_f32/conv_winograd_f32.h"
#include "train/executor/lanes.h"
#include "train/executor/window.h"

namespace espalier::train {
namespace {

using kernels::ConvShape;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kLeastBatch = 8;  // of fewer samples most lanes would be empty
constexpr std::int64_t kLeastSize = 2;   // of an image: Winograd's tiles are 2x2

bool goes_by_winograd(const ConvShape& shape) {
    return kernels::fits_winograd(shape) && shape.output[1] >= kLeastSize && shape.output[2] >= kLeastSize;
}

void convolve(const ConvShape& shape, const at::Tensor& x, const at::Tensor& weight, const float* bias,
              at::Tensor& y) {
    (goes_by_winograd(shape) ? kernels::conv_winograd_f32 : kernels::conv_dense_lanes_f32)(
        shape, x.size(0), weight.data_ptr<float>(), bias, x.data_ptr<float>(), y.data_ptr<float>(),
        at::get_num_threads());
}

at::Tensor input_gradient(const ConvShape& shape, const at::Tensor& x, const at::Tensor& weight,
                          const at::Tensor& dy) {
    at::Tensor dx = empty_in_lanes(x.size(0), x.size(1), x.size(2), x.size(3), x.options());
    (goes_by_winograd(shape) ? kernels::conv_winograd_input_gradient_f32
                             : kernels::conv_dense_lanes_input_gradient_f32)(
        shape, x.size(0), weight.data_ptr<float>(), dy.data_ptr<float>(), dx.data_ptr<float>(),
        at::get_num_threads());
    return dx;
}

at::Tensor weight_gradient(const ConvShape& shape, const at::Tensor& x, const at::Tensor& weight,
                           const at::Tensor& dy) {
    at::Tensor dw = at::empty_like(weight);
    (goes_by_winograd(shape) ? kernels::conv_winograd_weight_gradient_f32
                             : kernels::conv_dense_lanes_weight_gradient_f32)(
        shape, x.size(0), x.data_ptr<float>(), dy.data_ptr<float>(), dw.data_ptr<float>(),
        at::get_num_threads());
    return dw;
}

/// Pixels along an axis that windows reach over, from the padding before the image on.
std::int64_t reached(const ConvShape& shape, std::size_t axis) {
    return (shape.output[axis] - 1) * shape.stride[axis] + (shape.kernel[axis] - 1) * shape.dilation[axis] +
           1;
}

/// Exactly the pixels that windows reach over: zeros around the image, or what none reaches left out.
at::Tensor with_padding(const ConvShape& shape, const at::Tensor& x) {
    const auto behind = [&](std::size_t axis) {
        return std::max<std::int64_t>(0, reached(shape, axis) - shape.pad[axis] - shape.input[axis]);
    };
    return at::constant_pad_nd(x, {shape.pad[2], behind(2), shape.pad[1], behind(1)}, 0)
        .narrow(2, 0, reached(shape, 1))
        .narrow(3, 0, reached(shape, 2));
}

/// The image of such pixels.
at::Tensor without_padding(const ConvShape& shape, const at::Tensor& padded) {
    const auto behind = [&](std::size_t axis) {
        return std::max<std::int64_t>(0, shape.pad[axis] + shape.input[axis] - reached(shape, axis));
    };
    return at::constant_pad_nd(padded, {0, behind(2), 0, behind(1)}, 0)
        .narrow(2, shape.pad[1], shape.input[1])
        .narrow(3, shape.pad[2], shape.input[2]);
}

/// The gradients by ATen, for those that are to be differentiated.
variable_list differentiable(const ConvShape& shape, const at::Tensor& x, const at::Tensor& weight,
                             const at::Tensor& dy, bool has_bias) {
    const auto [dx, dw, db] = at::convolution_backward(
        from_lanes(dy), with_padding(shape, from_lanes(x)), weight,
        c10::OptionalIntArrayRef({weight.size(0)}), {shape.stride[1], shape.stride[2]}, {0, 0},
        {shape.dilation[1], shape.dilation[2]}, false, {0, 0}, 1, {true, true, has_bias});
    return {without_padding(shape, dx), dw, db};
}

struct LanesConvolution : torch::autograd::Function<LanesConvolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const c10::optional<at::Tensor>& bias, const Window& window) {
        context->save_for_backward({x, weight});
        const ConvShape shape = conv_shape(window, x, 1, weight.size(0));
        const auto pair = [](const ConvShape::Sizes& sizes) {
            return std::vector<std::int64_t>{sizes[1], sizes[2]};
        };
        context->saved_data["bias"] = bias.has_value();
        context->saved_data["stride"] = pair(shape.stride);
        context->saved_data["dilation"] = pair(shape.dilation);
        context->saved_data["pad"] = pair(shape.pad);
        const at::Tensor biases = bias ? bias->contiguous() : at::Tensor();
        at::Tensor y =
            empty_in_lanes(x.size(0), weight.size(0), shape.output[1], shape.output[2], x.options());
        convolve(shape, x, weight, bias ? biases.data_ptr<float>() : nullptr, y);
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& weight = saved[1];
        const bool has_bias = context->saved_data["bias"].toBool();
        const ConvShape shape = saved_shape(*context, x, weight, gradients[0]);
        const at::Tensor none;
        if (at::GradMode::is_enabled()) {
            const variable_list out = differentiable(shape, x, weight, gradients[0], has_bias);
            return {out[0], out[1], out[2], none};
        }
        const at::Tensor dy = to_lanes(gradients[0]);
        return {context->needs_input_grad(0) ? input_gradient(shape, x, weight, dy) : none,
                context->needs_input_grad(1) ? weight_gradient(shape, x, weight, dy) : none,
                has_bias ? dy.sum({0, 2, 3}) : none, none};
    }

    static ConvShape saved_shape(AutogradContext& context, const at::Tensor& x, const at::Tensor& weight,
                                 const at::Tensor& y) {
        const auto sizes = [&](const char* name, std::int64_t depth) {
            const std::vector<std::int64_t> pair = context.saved_data[name].toIntVector();
            return ConvShape::Sizes{depth, pair[0], pair[1]};
        };
        return {.images = 1,
                .groups = 1,
                .channels = weight.size(1),
                .outputs = weight.size(0),
                .input = {1, x.size(2), x.size(3)},
                .output = {1, y.size(2), y.size(3)},
                .kernel = {1, weight.size(2), weight.size(3)},
                .stride = sizes("stride", 1),
                .dilation = sizes("dilation", 1),
                .pad = sizes("pad", 0)};
    }
};

}  // namespace

bool belongs_in_lanes(const at::Tensor& x, const at::Tensor& weight, const Window& window,
                      std::int64_t groups) {
    // What does not fit is left to ATen, which says why.
    const bool fits =
        x.dim() == 4 && weight.dim() == 4 && groups == 1 && x.size(1) == weight.size(1) && weight.numel() > 0;
    const bool can = fits && x.is_cpu() && x.scalar_type() == at::kFloat &&
                     weight.scalar_type() == at::kFloat && x.size(0) >= kLeastBatch;
    if (!can) return false;
    const ConvShape shape = conv_shape(window, x, groups, weight.size(0));
    return shape.output[1] >= 1 && shape.output[2] >= 1 && (is_in_lanes(x) || goes_by_winograd(shape));
}

bool may_go_by_winograd(const Node& node, const Shape& weight) {
    if (node.op != "Conv" || weight.size() != 4 || node.attribute_int("group", 1) != 1) return false;
    const Window window = Window::of(node, 2, Shape(weight.begin() + 2, weight.end()));
    return std::ranges::all_of(window.axes, [](const WindowAxis& axis) {
        return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1 && axis.pad_begin <= 2 &&
               axis.pad_end <= 2;
    });
}

at::Tensor lanes_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      const Window& window) {
    const c10::optional<at::Tensor> given = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
    return LanesConvolution::apply(to_lanes(x), weight.contiguous(), given, window);
}

}  // namespace espalier::train
