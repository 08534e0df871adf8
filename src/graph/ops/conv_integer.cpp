// ConvInteger: y[n, o] = sum over c of (x[n, c] - zero of x) correlated with (w[o, c] - zero of w), 8-bit
// integers with sums of i32. Padding counts as the zero point of x. The weights have one zero point, or one
// for each output.
#include <fmt/format.h>

#include "graph/computation/quantisation.h"
#include "graph/evaluation.h"
#include "graph/spatial/convolution.h"
#include "tensor/convert.h"

namespace espalier::ops_::conv_integer_ {
namespace {

void infer(InferContext& context) {
    require_bytes(context, 0);
    require_bytes(context, 1);
    const Dims& w = context.input(1).dims;
    Dims out = convolved(context, w);
    for (std::size_t i = 0; i < 2; ++i) {
        if (!context.has_input(2 + i)) continue;
        if (context.input(2 + i).dtype != context.input(i).dtype) {
            context.fail(fmt::format("the zero point of input {} holds {}, expected {}", i,
                                     name_of(context.input(2 + i).dtype), name_of(context.input(i).dtype)));
        }
        check_one_or_each(context, 2 + i, i == 0 ? Dim(1) : w[0], "zero points");
    }
    context.set_output(0, {DType::i32, std::move(out)});
}

/// The integers less their zero points.
std::vector<std::int32_t> centred(const Evaluation& e, std::size_t index) {
    const Tensor x = converted(e.input(index), DType::i32);
    const auto values = x.as<std::int32_t>();
    std::vector<std::int32_t> out(values.begin(), values.end());
    if (!e.has_input(2 + index)) return out;
    const Tensor zeros = converted(e.input(2 + index), DType::i32);
    const auto zero = zeros.as<std::int32_t>();
    const std::size_t each = out.size() / std::max<std::size_t>(1, zero.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= zero[zero.size() == 1 ? 0 : i / each];
    return out;
}

void evaluate(Evaluation& e) {
    const std::vector<std::int32_t> x = centred(e, 0);
    const std::vector<std::int32_t> w = centred(e, 1);
    convolve<std::int64_t, std::int32_t, std::int32_t>(e.node(), e.input(0).shape(), x.data(),
                                                       e.input(1).shape(), w.data(), nullptr,
                                                       e.output().shape(), e.result<std::int32_t>());
}

int output_axis(const Node&) { return 0; }

void couple(Coupling& coupling) {
    const bool each = coupling.has_input(3) && coupling.input(3) == Shape{coupling.output()[1]};
    constexpr std::size_t kZeros[] = {3};
    couple_convolution(coupling,
                       each ? std::span<const std::size_t>(kZeros) : std::span<const std::size_t>());
}

constexpr std::size_t kSettings[] = {2, 3};

}  // namespace

extern const Operator conv_integer{.name = "ConvInteger",
                                   .summary = "convolution of 8-bit integers",
                                   .min_inputs = 2,
                                   .max_inputs = 4,
                                   .infer = infer,
                                   .evaluate = evaluate,
                                   .weight_input = 1,
                                   .output_axis = output_axis,
                                   .settings = kSettings,
                                   .couple = couple,
                                   .shrink = shrink_convolution};

}  // namespace espalier::ops_::conv_integer_
