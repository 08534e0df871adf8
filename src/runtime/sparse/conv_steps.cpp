#include "runtime/sparse/conv_steps.h"

namespace espalier::runtime {

TakenSteps::TakenSteps(const std::vector<PostOperation>& after) {
    auto step = after.begin();
    if (step != after.end() && step->added) residual = (step++)->added;
    if (step != after.end() && !step->added && takes(step->function)) ++step;
    others.assign(step, after.end());
}

bool TakenSteps::takes(const Function& f) {
    switch (f.algorithm) {
        case dnnl::algorithm::eltwise_relu:
            if (f.alpha != 0) return false;
            low = 0;
            return true;
        case dnnl::algorithm::eltwise_clip:
            low = f.alpha;
            high = f.beta;
            return true;
        case dnnl::algorithm::eltwise_swish:
            if (f.alpha != 1) return false;
            function = Taken::swish;
            return true;
        case dnnl::algorithm::eltwise_hardswish:
            function = Taken::hard_swish;
            return true;
        default:
            return false;
    }
}

kernels::ConvShape shape_of(const Convolution& conv) {
    const std::int64_t groups = conv.groups();
    kernels::ConvShape shape{.images = conv.input[0],
                             .groups = groups,
                             .channels = conv.input[1] / groups,
                             .outputs = conv.output[1] / groups};
    const std::size_t axes = conv.window.axes.size();
    for (std::size_t i = 0; i < axes; ++i) {
        const std::size_t axis = kernels::ConvShape::kAxes - axes + i;
        const WindowAxis& along = conv.window.axes[i];
        shape.input[axis] = conv.input[i + 2];
        shape.output[axis] = conv.output[i + 2];
        shape.kernel[axis] = along.kernel;
        shape.stride[axis] = along.stride;
        shape.dilation[axis] = along.dilation;
        shape.pad[axis] = along.pad_begin;
    }
    return shape;
}

bool has_modest_padding(const kernels::ConvShape& shape) {
    constexpr double kMost = 16, kSmall = 65536;
    double prepared = 1;  // as a float, since sizes may overflow
    for (std::size_t axis = 0; axis < kernels::ConvShape::kAxes; ++axis) {
        const auto real = [&](const kernels::ConvShape::Sizes& sizes) {
            return static_cast<double>(sizes[axis]);
        };
        prepared *= (real(shape.output) - 1) * real(shape.stride) +
                    (real(shape.kernel) - 1) * real(shape.dilation) + 1;
    }
    return prepared <= kMost * static_cast<double>(shape.pixels() + shape.positions()) + kSmall;
}

}  // namespace espalier::runtime
