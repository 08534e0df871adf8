#include "runtime/sparse/depthwise.h"

#include "kernels/depthwise_f32/depthwise_f32.h"
#include "runtime/cost_model.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/sparse/conv_steps.h"
#include "runtime/sparse/finishing_kernel.h"

namespace espalier::runtime {
namespace {

using kernels::ConvShape;
using kernels::DepthwiseF32;

Candidate channel_by_channel(const ConvShape& shape, const LayerWeights& weights, const TakenSteps& steps,
                             bool skips_zeros) {
    const std::int64_t taps = skips_zeros ? weights.nonzeros() : weights.count();
    const std::string kernel = "depthwise_f32 " + kernels::depthwise_f32_instruction_set();
    return {.name = skips_zeros ? kernel : "dense " + kernel,
            .sparse = skips_zeros,
            .single_us = predict_depthwise_us(
                {.channels = shape.images * shape.groups,
                 .placed = shape.pixels(),
                 .outputs = shape.images * weights.outputs(),
                 .positions = shape.positions(),
                 .taps = static_cast<double>(taps) / static_cast<double>(weights.outputs())}),
            .make = [shape, &weights, steps, skips_zeros](int threads) {
                kernels::DepthwiseTaps taps(shape, weights.plain(), weights.bias(), skips_zeros);
                return std::make_shared<FinishingKernel<DepthwiseF32>>(
                    DepthwiseF32(shape, std::move(taps), threads), steps);
            }};
}

bool is_depthwise(const Convolution& conv) { return conv.groups() > 1 && conv.groups() == conv.input[1]; }

}  // namespace

bool is_of_many_groups(const Convolution& conv) {
    constexpr std::int64_t kMany = 8, kFew = 4;
    return is_depthwise(conv) && conv.groups() >= kMany && conv.output[1] <= kFew * conv.groups();
}

std::vector<Candidate> depthwise_convolution(const Convolution& conv, LayerWeights& weights) {
    if (!is_depthwise(conv)) return {};
    const ConvShape shape = shape_of(conv);
    const TakenSteps steps(conv.after);
    std::vector<Candidate> all;
    for (const bool skips_zeros : {false, true}) {
        all.push_back(with_post_operations(channel_by_channel(shape, weights, steps, skips_zeros),
                                           element_count(conv.output), steps.others));
    }
    return all;
}

}  // namespace espalier::runtime
