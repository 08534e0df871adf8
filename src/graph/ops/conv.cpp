// Conv: y[n, o] = b[o] + sum over c of x[n, c] correlated with w[o, c], in `group` groups of channels of
// which each output sees one. x [N, C, H, W], w [O, C / group, kH, kW], b [O] -> [N, O, H', W'].
#include <fmt/format.h>

#include "graph/op.h"
#include "graph/window.h"

namespace espalier::ops_ {
namespace {

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
    const Dims& x = context.input(0).dims;
    const Dims& w = context.input(1).dims;
    if (x.size() != w.size()) {
        context.fail("weight of shape " + to_string(w) + " for an input of shape " + to_string(x) +
                     ", expected as many dimensions");
    }
    if (x.size() != 4) context.refuse("convolution of " + to_string(x) + ", only N x C x H x W is supported");
    if (!w[2].is_fixed() || !w[3].is_fixed())
        context.refuse("kernels of unknown size: the weight is " + to_string(w));
    check_channels(context, x, w);
    if (context.has_input(2)) {
        const Dims& bias = context.input(2).dims;
        if (bias.size() != 1) context.fail("bias has shape " + to_string(bias) + ", expected 1 dimension");
        context.unify(w[0], bias[0], "bias of the output channels");
    }
    if (w[2].size() < 1 || w[3].size() < 1) context.fail("kernels without elements: " + to_string(w));
    const auto [height, width] =
        slide(context, Window::of(context.node(), std::array{w[2].size(), w[3].size()}));
    context.set_output(0, {context.input(0).dtype, {x[0], w[0], height, width}});
}

int output_axis(const Node&) { return 0; }
std::span<const Dim> positions(const Dims& output) { return std::span(output).subspan(2); }

}  // namespace

extern const Operator conv{.name = "Conv",
                           .summary = "convolution of images, in groups, with strides and dilations",
                           .min_inputs = 2,
                           .max_inputs = 3,
                           .infer = infer,
                           .weight_input = 1,
                           .output_axis = output_axis,
                           .positions = positions};

}  // namespace espalier::ops_
