// Resize: images of another size: along each dimension a choice of places, or a product with the matrix of
// their weights.
#include <algorithm>
#include <cmath>

#include "graph/spatial/resampling.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::resize_ {
namespace {

constexpr std::size_t kRegion = 1;
constexpr std::size_t kScales = 2;
constexpr std::size_t kSizes = 3;

bool is_given(std::span<const at::Tensor> inputs, std::size_t index) {
    return optional_input(inputs, index).defined() && inputs[index].numel() > 0;
}

std::vector<double> doubles(const at::Tensor& input) {
    const at::Tensor wide = input.detach().to(at::kCPU, at::kDouble).contiguous();
    return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

at::Tensor nearest(const at::Tensor& x, std::int64_t axis, const std::vector<Sample>& samples) {
    std::vector<std::int64_t> places;
    for (const Sample& sample : samples) places.push_back(sample.places[0]);
    return x.index_select(axis, at::tensor(places, x.options().dtype(at::kLong)));
}

at::Tensor weighted(const at::Tensor& x, std::int64_t axis, const std::vector<Sample>& samples) {
    at::Tensor matrix = at::zeros({std::ssize(samples), x.size(axis)}, at::kDouble);
    auto weights = matrix.accessor<double, 2>();
    for (std::int64_t i = 0; i < std::ssize(samples); ++i) {
        const Sample& sample = samples[static_cast<std::size_t>(i)];
        for (std::size_t k = 0; k < static_cast<std::size_t>(sample.count); ++k)
            weights[i][sample.places[k]] += sample.weights[k];
    }
    return at::matmul(x.transpose(axis, -1), matrix.to(x.options()).t()).transpose(axis, -1);
}

at::Tensor filled_outside(const at::Tensor& x, std::int64_t axis, const std::vector<Sample>& samples,
                          float value) {
    if (std::ranges::none_of(samples, [](const Sample& sample) { return sample.outside; })) return x;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[static_cast<std::size_t>(axis)] = std::ssize(samples);
    at::Tensor outside = at::zeros({std::ssize(samples)}, at::kBool);
    for (std::size_t i = 0; i < samples.size(); ++i) outside.data_ptr<bool>()[i] = samples[i].outside;
    return at::masked_fill(x, outside.to(x.device()).reshape(shape), value);
}

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const Resampling resampling = Resampling::of(node);
    const bool crops = resampling.transformation == "tf_crop_and_resize";
    const bool by_sizes = is_given(inputs, kSizes);
    const auto wanted = doubles(inputs[by_sizes ? kSizes : kScales]);
    const auto region = is_given(inputs, kRegion) ? doubles(inputs[kRegion]) : std::vector<double>();
    outputs[0] = x;
    for (std::int64_t axis = 0; axis < x.dim(); ++axis) {
        const auto d = static_cast<std::size_t>(axis);
        const auto size = static_cast<double>(x.size(axis));
        const double scale = by_sizes ? wanted[d] / size : wanted[d];
        const auto target = static_cast<std::int64_t>(by_sizes ? wanted[d] : std::floor(size * scale));
        if (target == x.size(axis) && !crops) continue;
        const auto samples = resampling.along(x.size(axis), target, scale, region.empty() ? 0 : region[d],
                                              region.empty() ? 1 : region[d + wanted.size()]);
        const bool picks = resampling.mode == Resampling::Mode::nearest;
        const at::Tensor y = picks ? nearest(outputs[0], axis, samples) : weighted(outputs[0], axis, samples);
        outputs[0] = filled_outside(y, axis, samples, node.attribute_float("extrapolation_value", 0));
    }
}

}  // namespace

extern const TrainOp resize{
    .name = "Resize", .summary = "at::index_select or at::matmul", .forward = forward};

}  // namespace espalier::train::ops_::resize_
