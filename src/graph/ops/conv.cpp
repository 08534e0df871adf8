// Conv: y[n, o] = b[o] + sum over c of x[n, c] correlated with w[o, c], in `group` groups of channels of
// which each output sees one. x [N, C, H, W], w [O, C / group, kH, kW], b [O] -> [N, O, H', W'].
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/spatial/images.h"

namespace espalier::ops_::conv_ {
namespace {

constexpr ParameterRole kRoles[] = {{2, 2, "bias"}};

void check_channels(const InferContext& context, const Dims& x, const Dims& w) {
    const std::int64_t group = context.node().attribute_int("group", 1);
    if (group < 1) context.fail(fmt::format("group={}, expected 1 or more", group));
    if (w[0].is_fixed() && w[0].size() % group != 0)
        context.fail(fmt::format("group={} does not divide {} output channels", group, w[0].size()));
    if (!x[1].is_fixed() || !w[1].is_fixed()) return;
    if (x[1].size() % group != 0)
        context.fail(fmt::format("group={} does not divide {} input channels", group, x[1].size()));
    if (x[1].size() / group != w[1].size()) {
        context.fail(
            fmt::format("the weight of shape {} expects {} input channels a group, got {} in {} groups",
                        to_string(w), w[1].size(), x[1].size(), group));
    }
}

void infer(InferContext& context) {
    context.require_one_dtype();
    context.require_float(0);
    const Dims& x = context.input(0).dims;
    const Dims& w = context.input(1).dims;
    if (x.size() != w.size()) {
        context.fail("weight of shape " + to_string(w) + " for an input of shape " + to_string(x) +
                     ", expected as many dimensions");
    }
    const std::size_t rank = image_rank(context);
    std::vector<std::int64_t> kernel;
    for (const Dim& dim : std::span(w).subspan(2)) {
        if (!dim.is_fixed()) context.refuse("kernels of unknown size: the weight is " + to_string(w));
        if (dim.size() < 1) context.fail("kernels without elements: " + to_string(w));
        kernel.push_back(dim.size());
    }
    check_channels(context, x, w);
    if (context.has_input(2)) {
        const Dims& bias = context.input(2).dims;
        if (bias.size() != 1) context.fail("bias has shape " + to_string(bias) + ", expected 1 dimension");
        context.unify(w[0], bias[0], "bias of the output channels");
    }
    Dims out = slide(context, Window::of(context.node(), rank, kernel));
    out.insert(out.begin(), {x[0], w[0]});
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& w = e.input(1).shape();
    const Shape& y = e.output().shape();
    const std::vector<std::int64_t> kernel(w.begin() + 2, w.end());
    const Window window = Window::of(e.node(), kernel.size(), kernel).on(std::span(x).subspan(2));
    const auto axes = volume_axes(window.axes);
    const Volume image = volume_of(x);
    const Volume target = volume_of(y);
    const Volume taps = volume_of(w);
    const std::int64_t outputs_each = w[0] / e.node().attribute_int("group", 1);
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* to = e.result<T>();
        for (std::int64_t i = 0; i < y[0] * y[1]; ++i) {
            const std::int64_t o = i % y[1];
            const T* channels =
                e.data<T>(0) + (i / y[1] * x[1] + o / outputs_each * w[1]) * positions_in(image);
            const T* weights = e.data<T>(1) + o * w[1] * positions_in(taps);
            places(target, [&](const Volume& place) {
                double sum = e.has_input(2) ? static_cast<double>(e.data<T>(2)[o]) : 0;
                const Taps seen = Taps::at(axes, image, place);
                for (std::int64_t c = 0; c < w[1]; ++c) {
                    seen.visit(axes, image, [&](const Volume& tap, std::int64_t at) {
                        sum += static_cast<double>(channels[c * positions_in(image) + at]) *
                               static_cast<double>(weights[c * positions_in(taps) + offset_in(taps, tap)]);
                    });
                }
                *to++ = static_cast<T>(sum);
            });
        }
    });
}

int output_axis(const Node&) { return 0; }

/// In groups the same channels of every group go together, so that all stay equal. Where each channel is a
/// group of its own (depthwise), it goes with its outputs.
void couple(Coupling& coupling) {
    const std::int64_t groups = coupling.node().attribute_int("group", 1);
    const std::int64_t channels = coupling.input(1)[1];
    const std::int64_t outputs = coupling.input(1)[0] / groups;
    coupling.same({in(0, 0), out(0, 0)});
    if (channels == 1 && groups > 1) {
        const auto group_of = [outputs](std::int64_t o) { return o / outputs; };
        coupling.same_by({{in(0, 1), [](std::int64_t c) { return c; }},
                          {in(1, 0), group_of},
                          {out(0, 1), group_of},
                          {in(2, 0), group_of}});
        return;
    }
    const auto in_group = [](std::int64_t size) { return [size](std::int64_t i) { return i % size; }; };
    coupling.same_by({{in(0, 1), in_group(channels)}, {in(1, 1), in_group(channels)}});
    coupling.same_by(
        {{in(1, 0), in_group(outputs)}, {out(0, 1), in_group(outputs)}, {in(2, 0), in_group(outputs)}});
}

void shrink(Shrinking& shrinking) {
    const auto kept = shrinking.kept(in(0, 1));
    const bool depthwise = shrinking.node().attribute_int("group", 1) == shrinking.size(in(0, 1));
    if (!kept.empty() && depthwise) shrinking.node().attributes["group"] = std::ssize(kept);
}

}  // namespace

extern const Operator conv{.name = "Conv",
                           .summary = "convolution of images, in groups, with strides and dilations",
                           .min_inputs = 2,
                           .max_inputs = 3,
                           .infer = infer,
                           .evaluate = evaluate,
                           .weight_input = 1,
                           .output_axis = output_axis,
                           .roles = kRoles,
                           .couple = couple,
                           .shrink = shrink};

}  // namespace espalier::ops_::conv_
