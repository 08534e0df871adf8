// AveragePool: mean under a window over images of one to three axes.
#include <algorithm>

#include "train/executor/op.h"
#include "train/executor/window.h"

namespace espalier::train::ops_::average_pool_ {
namespace {

at::Tensor pooled(const AtenWindow& w, const at::Tensor& x, bool counts_padding) {
    if (w.kernel.size() == 1) return at::avg_pool1d(x, w.kernel, w.stride, w.pad, w.ceil, counts_padding);
    if (w.kernel.size() == 2) return at::avg_pool2d(x, w.kernel, w.stride, w.pad, w.ceil, counts_padding);
    return at::avg_pool3d(x, w.kernel, w.stride, w.pad, w.ceil, counts_padding);
}

/// Sums under the window, of an image that is padded already.
at::Tensor sums(const AtenWindow& window, const at::Tensor& x) {
    std::vector<std::int64_t> channels{x.size(0) * x.size(1), 1};
    for (const std::int64_t size : x.sizes().slice(2)) channels.push_back(size);
    std::vector<std::int64_t> kernel{1, 1};
    kernel.insert(kernel.end(), window.kernel.begin(), window.kernel.end());
    const std::vector<std::int64_t> none(window.kernel.size(), 0);
    const at::Tensor y = at::convolution(x.reshape(channels), at::ones(kernel, x.options()), {},
                                         window.stride, none, window.dilation, false, none, 1);
    std::vector<std::int64_t> shape{x.size(0), x.size(1)};
    for (const std::int64_t size : y.sizes().slice(2)) shape.push_back(size);
    return y.reshape(shape);
}

/// How many elements each window sees: of the image, and of its padding if that counts, but not beyond.
at::Tensor counts(const AtenWindow& window, const at::Tensor& x, bool counts_padding) {
    const at::Tensor inside = at::ones_like(x.detach().narrow(0, 0, 1).narrow(1, 0, 1));
    if (!counts_padding) return sums(window, at::constant_pad_nd(inside, window.beyond, 0));
    auto rest = window.beyond;
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= window.around[i];
    return sums(window, at::constant_pad_nd(at::constant_pad_nd(inside, window.around, 1), rest, 0));
}

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const bool counts_padding = node.attribute_int("count_include_pad", 0) != 0;
    const AtenWindow window(Window::of(node, image_axes(x)), x);
    const bool dilated = std::ranges::any_of(window.dilation, [](std::int64_t step) { return step != 1; });
    if (window.pads_itself && !dilated) {
        outputs[0] = pooled(window, x, counts_padding);
    } else {
        outputs[0] =
            sums(window, at::constant_pad_nd(x, window.beyond, 0)) / counts(window, x, counts_padding);
    }
}

}  // namespace

extern const TrainOp average_pool{
    .name = "AveragePool", .summary = "at::avg_pool1d, 2d or 3d, or sums by convolution", .forward = forward};

}  // namespace espalier::train::ops_::average_pool_
