// ConvTranspose: the gradient of a Conv to its input. Every input position adds its value times the kernel to
// the output, `strides` apart; pads are cut off. x [N, C, H, W], w [C, O / group, kH, kW], b [O] -> [N, O,
// H', W'], and likewise for images of one and three axes.
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/spatial/images.h"
#include "graph/spatial/transposed_window.h"

namespace espalier::ops_::conv_transpose_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 1, "transposed convolution"}, {2, 2, "bias"}};

std::int64_t group_of(const InferContext& context, const Dims& x, const Dims& w) {
    const std::int64_t group = context.node().attribute_int("group", 1);
    if (group < 1) context.fail(fmt::format("group={}, expected 1 or more", group));
    context.unify(w[0], x[1], "input channels");
    if (w[0].is_fixed() && w[0].size() % group != 0)
        context.fail(fmt::format("group={} does not divide {} input channels", group, w[0].size()));
    return group;
}

/// The numbers, or nothing if one is not known.
std::optional<std::vector<std::int64_t>> fixed(std::span<const Dim> dims) {
    std::vector<std::int64_t> sizes;
    for (const Dim& dim : dims) {
        if (!dim.is_fixed()) return {};
        sizes.push_back(dim.size());
    }
    return sizes;
}

/// The image's axes after the kernels; open where the image's are.
Dims spread(const InferContext& context, const Dims& x, const std::vector<std::int64_t>& kernel) {
    Dims out(kernel.size());
    std::vector<std::int64_t> sizes;
    for (const Dim& dim : std::span(x).subspan(2)) sizes.push_back(dim.is_fixed() ? dim.size() : 1);
    const auto axes = transposed_window(context.node(), kernel, sizes);
    const bool named = context.node().attributes.contains("output_shape");
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (named || x[i + 2].is_fixed()) out[i] = Dim(axes[i].size);
    }
    return out;
}

void infer(InferContext& context) {
    context.require_one_dtype();
    context.require_float(0);
    image_rank(context);
    const Dims& x = context.input(0).dims;
    const Dims& w = context.input(1).dims;
    if (x.size() != w.size()) {
        context.fail("weight of shape " + to_string(w) + " for an input of shape " + to_string(x) +
                     ", expected as many dimensions");
    }
    const std::int64_t group = group_of(context, x, w);
    const auto kernel = fixed(std::span(w).subspan(2));
    if (!kernel) context.refuse("kernels of unknown size: the weight is " + to_string(w));
    Dim outputs;
    if (w[1].is_fixed()) {
        std::int64_t count = 0;
        if (__builtin_mul_overflow(w[1].size(), group, &count))
            context.fail("more elements than memory can hold");
        outputs = Dim(count);
    }
    if (context.has_input(2)) {
        context.require_rank(2, 1, "bias");
        outputs = context.unify(outputs, context.input(2).dims[0], "bias of the output channels");
    }
    Dims out = spread(context, x, *kernel);
    out.insert(out.begin(), {x[0], outputs});
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

/// Adds one channel of input, seen through one kernel, to one of output.
template <class T>
void spread_channel(const T* x, const Volume& image, const T* w, const Volume& taps, double* y,
                    const Volume& target, const std::array<WindowAxis, 3>& axes) {
    places(image, [&](const Volume& from) {
        const auto value = static_cast<double>(*x++);
        const T* weight = w;
        places(taps, [&](const Volume& tap) {
            Volume to{};
            bool inside = true;
            for (std::size_t i = 0; i < 3; ++i) {
                to[i] = from[i] * axes[i].stride + tap[i] * axes[i].dilation - axes[i].pad_begin;
                inside &= to[i] >= 0 && to[i] < target[i];
            }
            if (inside) y[offset_in(target, to)] += value * static_cast<double>(*weight);
            ++weight;
        });
    });
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& w = e.input(1).shape();
    const Shape& y = e.output().shape();
    std::vector<WindowAxis> windows;
    for (const auto& axis : transposed_window(e.node(), {w.begin() + 2, w.end()}, {x.begin() + 2, x.end()}))
        windows.push_back(axis.window);
    const auto axes = volume_axes(windows);
    const Volume image = volume_of(x);
    const Volume target = volume_of(y);
    const Volume taps = volume_of(w);
    const std::int64_t inputs_each = w[0] / e.node().attribute_int("group", 1);
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        std::vector<double> sums(static_cast<std::size_t>(positions_in(target)));
        T* to = e.result<T>();
        for (std::int64_t i = 0; i < y[0] * y[1]; ++i) {
            const std::int64_t o = i % y[1];
            const std::int64_t first = o / w[1] * inputs_each;
            std::fill(sums.begin(), sums.end(), e.has_input(2) ? static_cast<double>(e.data<T>(2)[o]) : 0);
            for (std::int64_t c = first; c < first + inputs_each; ++c) {
                spread_channel(e.data<T>(0) + (i / y[1] * x[1] + c) * positions_in(image), image,
                               e.data<T>(1) + (c * w[1] + o % w[1]) * positions_in(taps), taps, sums.data(),
                               target, axes);
            }
            for (const double sum : sums) *to++ = static_cast<T>(sum);
        }
    });
}

/// Inputs come first, and groups have output channels of their own.
std::optional<WeightUse> weight_use(const Node& node, std::size_t input, const Shape& shape) {
    const std::int64_t groups = node.attribute_int("group", 1);
    if (input != 1 || shape.size() < 3 || groups < 1 || shape[0] % groups != 0) return {};
    return WeightUse{.shape = shape, .output_axis = 1, .groups = groups, .seen_axis = 1};
}

/// In groups the same channels of every group go together, so that all stay equal.
void couple(Coupling& coupling) {
    const std::int64_t groups = coupling.node().attribute_int("group", 1);
    const auto in_group = [](std::int64_t size) { return [size](std::int64_t i) { return i % size; }; };
    const std::int64_t channels = coupling.input(1)[0] / groups;
    const std::int64_t outputs = coupling.input(1)[1];
    coupling.same({in(0, 0), out(0, 0)});
    coupling.same_by({{in(0, 1), in_group(channels)}, {in(1, 0), in_group(channels)}});
    coupling.same_by(
        {{in(1, 1), in_group(outputs)}, {out(0, 1), in_group(outputs)}, {in(2, 0), in_group(outputs)}});
}

}  // namespace

extern const Operator conv_transpose{.name = "ConvTranspose",
                                     .summary = "convolution from an image's features back to an image",
                                     .min_inputs = 2,
                                     .max_inputs = 3,
                                     .infer = infer,
                                     .evaluate = evaluate,
                                     .weight_use = weight_use,
                                     .roles = kRoles,
                                     .couple = couple};

}  // namespace espalier::ops_::conv_transpose_
