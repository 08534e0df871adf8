// Conv: y[n, o] = b[o] + sum over c of x[n, c] correlated with w[o, c], in `group` groups of channels of
// which each output sees one. x [N, C, H, W], w [O, C / group, kH, kW], b [O] -> [N, O, H', W'].
#include "graph/evaluation.h"
#include "graph/spatial/convolution.h"

namespace espalier::ops_::conv_ {
namespace {

constexpr ParameterRole kRoles[] = {{2, 2, "bias"}};

void infer(InferContext& context) {
    context.require_one_dtype();
    context.require_float(0);
    const Dims& w = context.input(1).dims;
    Dims out = convolved(context, w);
    if (context.has_input(2)) {
        const Dims& bias = context.input(2).dims;
        if (bias.size() != 1) context.fail("bias has shape " + to_string(bias) + ", expected 1 dimension");
        context.unify(w[0], bias[0], "bias of the output channels");
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        convolve<double>(e.node(), e.input(0).shape(), e.data<T>(0), e.input(1).shape(), e.data<T>(1),
                         e.has_input(2) ? e.data<T>(2) : nullptr, e.output().shape(), e.result<T>());
    });
}

int output_axis(const Node&) { return 0; }

/// Groups have input channels of their own.
std::optional<WeightUse> weight_use(const Node& node, std::size_t input, const Shape& shape) {
    const std::int64_t groups = node.attribute_int("group", 1);
    if (input != 1 || shape.size() < 3 || groups < 1 || shape[0] % groups != 0) return {};
    return WeightUse{.shape = shape, .output_axis = 0, .groups = groups, .seen_axis = 0};
}

void couple(Coupling& coupling) {
    constexpr std::size_t kBias[] = {2};
    couple_convolution(coupling, kBias);
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
                           .weight_use = weight_use,
                           .roles = kRoles,
                           .couple = couple,
                           .shrink = shrink_convolution};

}  // namespace espalier::ops_::conv_
