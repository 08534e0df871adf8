#include "train/executor/winograd_conv.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/conv_winograd_f32/conv_winograd_f32.h"
#include "train/executor/lanes.h"
#include "train/executor/window.h"

namespace espalier::train {
namespace {

using kernels::ConvShape;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Vectors of lanes must be filled, and a tile's outputs exist: of one of 2x2 pixels they do.
constexpr std::int64_t kLeastBatch = 8;
constexpr std::int64_t kLeastSize = 2;

struct WinogradConvolution : torch::autograd::Function<WinogradConvolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const c10::optional<at::Tensor>& bias, const Window* window) {
        context->save_for_backward({x, weight});
        context->saved_data["bias"] = bias.has_value();
        const ConvShape shape = conv_shape(*window, x, 1, weight.size(0));
        context->saved_data["pad"] = std::vector<std::int64_t>{shape.pad[1], shape.pad[2]};
        const at::Tensor biases = bias ? bias->contiguous() : at::Tensor();
        at::Tensor y =
            empty_in_lanes(x.size(0), weight.size(0), shape.output[1], shape.output[2], x.options());
        kernels::conv_winograd_f32(shape, x.size(0), weight.data_ptr<float>(),
                                   bias ? biases.data_ptr<float>() : nullptr, x.data_ptr<float>(),
                                   y.data_ptr<float>(), at::get_num_threads());
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& weight = saved[1];
        const bool biased = context->saved_data["bias"].toBool();
        const std::vector<std::int64_t> pad = context->saved_data["pad"].toIntVector();
        const ConvShape shape = shape_of(x, weight, gradients[0], pad);
        if (at::GradMode::is_enabled()) return differentiable(x, weight, gradients[0], shape, biased);
        const at::Tensor dy = to_lanes(gradients[0]);
        const int threads = at::get_num_threads();
        at::Tensor dx;
        at::Tensor dw;
        if (context->needs_input_grad(0)) {
            dx = empty_in_lanes(x.size(0), x.size(1), x.size(2), x.size(3), x.options());
            kernels::conv_winograd_input_gradient_f32(shape, x.size(0), weight.data_ptr<float>(),
                                                      dy.data_ptr<float>(), dx.data_ptr<float>(), threads);
        }
        if (context->needs_input_grad(1)) {
            dw = at::empty_like(weight);
            kernels::conv_winograd_weight_gradient_f32(shape, x.size(0), x.data_ptr<float>(),
                                                       dy.data_ptr<float>(), dw.data_ptr<float>(), threads);
        }
        return {dx, dw, biased ? dy.sum({0, 2, 3}) : at::Tensor(), at::Tensor()};
    }

    static ConvShape shape_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& y,
                              const std::vector<std::int64_t>& pad) {
        return {.images = 1,
                .groups = 1,
                .channels = weight.size(1),
                .outputs = weight.size(0),
                .input = {1, x.size(2), x.size(3)},
                .output = {1, y.size(2), y.size(3)},
                .kernel = {1, 3, 3},
                .pad = {0, pad[0], pad[1]}};
    }

    /// The gradients by ATen, for those that are to be differentiated.
    static variable_list differentiable(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& dy,
                                        const ConvShape& shape, bool biased) {
        std::vector<std::int64_t> around;  // from the last axis
        for (std::size_t axis : {2, 1}) {
            const std::int64_t behind = shape.output[axis] + 2 - shape.input[axis] - shape.pad[axis];
            around.insert(around.end(), {shape.pad[axis], behind});
        }
        const at::Tensor padded = at::constant_pad_nd(from_lanes(x), around, 0);
        const auto [dx, dw, db] = at::convolution_backward(
            from_lanes(dy), padded, weight, c10::OptionalIntArrayRef({weight.size(0)}), {1, 1}, {0, 0},
            {1, 1}, false, {0, 0}, 1, {true, true, biased});
        for (std::int64_t& side : around) side = -side;
        return {at::constant_pad_nd(dx, around, 0), dw, db, at::Tensor()};
    }
};

}  // namespace

bool has_winograd(const at::Tensor& x, const at::Tensor& weight, const Window& window, std::int64_t groups) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
           x.dim() == 4 && x.size(0) >= kLeastBatch && x.size(2) >= kLeastSize && x.size(3) >= kLeastSize &&
           kernels::fits_winograd(conv_shape(window, x, groups, weight.size(0)));
}

at::Tensor winograd_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                         const Window& window) {
    const c10::optional<at::Tensor> given = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
    return WinogradConvolution::apply(to_lanes(x), weight.contiguous(), given, &window);
}

}  // namespace espalier::train
