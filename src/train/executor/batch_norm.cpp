#include "train/executor/batch_norm.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/batch_norm_f32/batch_norm_f32.h"
#include "train/executor/lanes.h"

namespace espalier::train {
namespace {

using kernels::ChannelRuns;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

ChannelRuns layout_of(const at::Tensor& x) {
    const std::int64_t n = x.size(0);
    const std::int64_t c = x.size(1);
    const std::int64_t pixels = c == 0 || n == 0 ? 0 : x.numel() / (n * c);
    if (is_in_lanes(x))
        return {.channels = c, .channel = pixels * n, .runs = 1, .run = 0, .length = pixels * n};
    return {.channels = c, .channel = pixels, .runs = n, .run = c * pixels, .length = pixels};
}

/// As `like` lies.
at::Tensor laid_out(const at::Tensor& x, const at::Tensor& like) {
    return is_in_lanes(like) ? to_lanes(x) : x.contiguous();
}

/// dx, dgamma, dbeta and da by ATen, for a gradient that is to be differentiated. With an addend `y` is what
/// the pass gave.
variable_list differentiable(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                             const at::Tensor& y, const at::Tensor& dy, double epsilon, bool relu) {
    std::vector<std::int64_t> over;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[1] = x.size(1);
    for (std::int64_t dim = 0; dim < x.dim(); ++dim) {
        if (dim != 1) over.push_back(dim);
    }
    const at::Tensor centred = x - x.mean(over, true);
    const at::Tensor inverse = at::rsqrt((centred * centred).mean(over, true) + epsilon);
    const at::Tensor xhat = centred * inverse;
    const at::Tensor scale = gamma.view(shape);
    const at::Tensor value = y.defined() ? y : xhat * scale + beta.view(shape);
    const at::Tensor g = relu ? dy * (value <= 0).logical_not() : dy;  // NaN passes
    const at::Tensor dx = scale * inverse * (g - g.mean(over, true) - xhat * (g * xhat).mean(over, true));
    return {dx, (g * xhat).sum(over), g.sum(over), y.defined() ? g : at::Tensor()};
}

struct BatchNormFunction : torch::autograd::Function<BatchNormFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& gamma,
                              const at::Tensor& beta, const c10::optional<at::Tensor>& addend,
                              const at::Tensor& mean, const at::Tensor& variance, double epsilon, bool relu) {
        at::Tensor y = at::empty_like(x);
        kernels::batch_norm_f32(layout_of(x),
                                {gamma.data_ptr<float>(), beta.data_ptr<float>(), static_cast<float>(epsilon),
                                 relu, addend ? addend->data_ptr<float>() : nullptr},
                                x.data_ptr<float>(), y.data_ptr<float>(), mean.data_ptr<float>(),
                                variance.data_ptr<float>(), at::get_num_threads());
        context->save_for_backward({x, gamma, beta, mean, variance, addend ? y : at::Tensor()});
        context->saved_data["epsilon"] = epsilon;
        context->saved_data["relu"] = relu;
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& gamma = saved[1];
        const double epsilon = context->saved_data["epsilon"].toDouble();
        const bool relu = context->saved_data["relu"].toBool();
        const at::Tensor& y = saved[5];
        const at::Tensor none;
        if (at::GradMode::is_enabled()) {
            const variable_list out = differentiable(x, gamma, saved[2], y, gradients[0], epsilon, relu);
            return {out[0], out[1], out[2], out[3], none, none, none, none};
        }
        const at::Tensor dy = laid_out(gradients[0], x);
        at::Tensor dx = context->needs_input_grad(0) ? at::empty_like(x) : at::Tensor();
        at::Tensor dgamma = at::empty_like(gamma);
        at::Tensor dbeta = at::empty_like(gamma);
        at::Tensor da = y.defined() ? at::empty_like(x) : at::Tensor();
        const kernels::BatchNormSum sum{y.defined() ? y.data_ptr<float>() : nullptr,
                                        y.defined() ? da.data_ptr<float>() : nullptr};
        kernels::batch_norm_gradient_f32(
            layout_of(x),
            {gamma.data_ptr<float>(), saved[2].data_ptr<float>(), static_cast<float>(epsilon), relu},
            x.data_ptr<float>(), saved[3].data_ptr<float>(), saved[4].data_ptr<float>(), dy.data_ptr<float>(),
            dx.defined() ? dx.data_ptr<float>() : nullptr, dgamma.data_ptr<float>(), dbeta.data_ptr<float>(),
            y.defined() ? &sum : nullptr, at::get_num_threads());
        return {dx, dgamma, dbeta, da, none, none, none, none};
    }
};

/// running += momentum * (value - running)
void move(const at::Tensor& running, const at::Tensor& value, double momentum) {
    at::Tensor to = running;
    to.mul_(1 - momentum).add_(value, momentum);
}

}  // namespace

bool has_batch_norm(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.dim() >= 2;
}

at::Tensor batch_norm(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                      const at::Tensor& running_mean, const at::Tensor& running_variance,
                      const BatchNormSettings& settings) {
    const at::Tensor mean = at::empty({x.size(1)});
    const at::Tensor variance = at::empty({x.size(1)});
    const c10::optional<at::Tensor> addend =
        settings.addend.defined() ? c10::make_optional(laid_out(settings.addend, x)) : c10::nullopt;
    const at::Tensor y = BatchNormFunction::apply(laid_out(x, x), gamma.contiguous(), beta.contiguous(),
                                                  addend, mean, variance, settings.epsilon, settings.relu);
    const at::NoGradGuard no_grad;
    const auto values = static_cast<double>(x.numel() / x.size(1));
    move(running_mean, mean, settings.momentum);
    move(running_variance, variance * (values / (values - 1)), settings.momentum);
    return y;
}

}  // namespace espalier::train
