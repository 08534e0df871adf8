#include "train/executor/max_pool.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "kernels/max_pool_lanes_f32/max_pool_lanes_f32.h"
#include "train/executor/lanes.h"

namespace espalier::train {
namespace {

using kernels::ConvShape;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A window on images of one size, as numbers that autograd keeps: for each axis of two.
std::vector<std::int64_t> numbers_of(const Window& window, const at::Tensor& x) {
    const std::array<std::int64_t, 2> image = {x.size(2), x.size(3)};
    const Window at = window.on(image);
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < 2; ++i) {
        const WindowAxis& axis = at.axes[i];
        out.insert(out.end(),
                   {axis.kernel, axis.stride, axis.dilation, axis.pad_begin, at.placements(i, image[i])});
    }
    return out;
}

ConvShape shape_of(const at::Tensor& x, const std::vector<std::int64_t>& numbers) {
    ConvShape shape{.channels = x.size(1), .input = {1, x.size(2), x.size(3)}};
    auto next = numbers.begin();
    for (std::size_t i = 1; i <= 2; ++i) {
        for (auto* field : {&shape.kernel, &shape.stride, &shape.dilation, &shape.pad, &shape.output})
            (*field)[i] = *next++;
    }
    return shape;
}

/// dx by ATen, for a gradient that is to be differentiated.
at::Tensor differentiable(const at::Tensor& places, const ConvShape& shape, const at::Tensor& dy) {
    const auto along = [&](std::size_t axis, const at::Tensor& tap) {
        const at::Tensor first =
            at::arange(shape.output[axis], at::kLong) * shape.stride[axis] - shape.pad[axis];
        return tap * shape.dilation[axis] + (axis == 1 ? first.view({-1, 1}) : first);
    };
    const at::Tensor taps = places.to(at::kLong);
    const at::Tensor y = along(1, at::floor_divide(taps, shape.kernel[2]));
    const at::Tensor x = along(2, at::remainder(taps, shape.kernel[2]));
    const at::Tensor found = taps < shape.taps();
    const at::Tensor at = (y * shape.input[2] + x).masked_fill(found.logical_not(), 0).flatten(2);
    const at::Tensor zeros = at::zeros({dy.size(0), dy.size(1), shape.pixels()}, dy.options());
    return zeros.scatter_add(2, at, (dy * found).flatten(2))
        .view({dy.size(0), dy.size(1), shape.input[1], shape.input[2]});
}

struct MaxPoolFunction : torch::autograd::Function<MaxPoolFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const std::vector<std::int64_t>& numbers) {
        const ConvShape shape = shape_of(x, numbers);
        const auto empty = [&](const at::TensorOptions& options) {
            return empty_in_lanes(x.size(0), x.size(1), shape.output[1], shape.output[2], options);
        };
        at::Tensor y = empty(x.options());
        const at::Tensor places = empty(x.options().dtype(at::kByte));
        kernels::max_pool_lanes_f32(shape, x.size(0), x.data_ptr<float>(), y.data_ptr<float>(),
                                    places.data_ptr<std::uint8_t>(), at::get_num_threads());
        context->save_for_backward({places});
        context->saved_data["numbers"] = numbers;
        context->saved_data["image"] = x.sizes().vec();
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const std::vector<std::int64_t> size = context->saved_data["image"].toIntVector();
        const at::Tensor places = context->get_saved_variables()[0];
        at::Tensor dx = empty_in_lanes(size[0], size[1], size[2], size[3], gradients[0].options());
        const ConvShape shape = shape_of(dx, context->saved_data["numbers"].toIntVector());
        if (at::GradMode::is_enabled()) return {differentiable(places, shape, gradients[0]), at::Tensor()};
        const at::Tensor dy = to_lanes(gradients[0]);
        kernels::max_pool_lanes_gradient_f32(shape, size[0], places.data_ptr<std::uint8_t>(),
                                             dy.data_ptr<float>(), dx.data_ptr<float>(),
                                             at::get_num_threads());
        return {dx, at::Tensor()};
    }
};

}  // namespace

bool has_max_pool(const at::Tensor& x, const Window& window) {
    return x.is_cpu() && is_in_lanes(x) && x.scalar_type() == at::kFloat &&
           window.axes[0].kernel * window.axes[1].kernel <= kernels::kMostPoolTaps;
}

at::Tensor max_pool(const at::Tensor& x, const Window& window) {
    return MaxPoolFunction::apply(x, numbers_of(window, x));
}

}  // namespace espalier::train
