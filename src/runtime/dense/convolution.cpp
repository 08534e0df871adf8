#include "runtime/dense/convolution.h"

#include <algorithm>
#include <string_view>

#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"
#include "runtime/execute/threads.h"

namespace espalier::runtime {
namespace {

using dnnl::convolution_forward;
using Desc = dnnl::memory::desc;

/// One way to compute a convolution.
struct ConvForm {
    Layout input = Layout::row_major, output = Layout::row_major;
    bool winograd = false;
};

Desc any_layout(const Shape& shape, DType dtype) {
    return {shape, onednn_type(dtype), dnnl::memory::format_tag::any};
}

convolution_forward::primitive_desc describe_primitive(const Convolution& conv, bool constant,
                                                       const ConvForm& way,
                                                       const dnnl::primitive_attr& attributes) {
    const WindowDims window(conv.window.axes);
    const DType operands = stored_type(DType::f32, way.input);
    const Desc weights = constant ? any_layout(conv.weight, operands) : row_major(conv.weight, operands);
    const Desc bias = constant || conv.bias ? row_major({conv.output[1]}) : Desc();
    const auto algorithm =
        way.winograd ? dnnl::algorithm::convolution_winograd : dnnl::algorithm::convolution_direct;
    return {{dnnl::prop_kind::forward_inference, algorithm, described(conv.input, way.input), weights, bias,
             described(conv.output, way.output), window.strides, window.dilations, window.pads_begin,
             window.pads_end},
            attributes,
            cpu_engine()};
}

/// Other layouts than row-major are there to be fast. Of Winograd's forms only F(2x2, 3x3) is taken: with
/// larger tiles the transformed numbers grow, and with them the error.
bool is_welcome(const convolution_forward::primitive_desc& chosen, const ConvForm& way) {
    const std::string_view implementation = chosen.impl_info_str();
    const auto has = [&](std::string_view part) {
        return implementation.find(part) != std::string_view::npos;
    };
    if (way.winograd) return has("wino_2x3");
    return (way.input == Layout::row_major && way.output == Layout::row_major) || !has("ref");
}

std::shared_ptr<Kernel> make_kernel(const Convolution& conv, LayerWeights* weights, const ConvForm& way,
                                    int threads) {
    const ThreadScope scope(threads);
    const PostOpAttributes behind = post_op_attributes(conv.after, described(conv.output, way.output));
    const auto chosen = describe_primitive(conv, weights != nullptr, way, behind.attributes);
    if (!is_welcome(chosen, way)) return nullptr;
    std::vector<OnednnKernel::Argument> operands = {{DNNL_ARG_SRC, chosen.src_desc(), 0}};
    if (weights != nullptr) {
        return onednn_kernel<convolution_forward>(threads, chosen, behind.with(operands),
                                                  {{DNNL_ARG_WEIGHTS, weights->onednn(chosen.weights_desc())},
                                                   {DNNL_ARG_BIAS, weights->onednn_bias({conv.output[1]})}},
                                                  behind.summed);
    }
    operands.push_back({DNNL_ARG_WEIGHTS, chosen.weights_desc(), 1});
    if (conv.bias) operands.push_back({DNNL_ARG_BIAS, chosen.bias_desc(), 2});
    return onednn_kernel<convolution_forward>(threads, chosen, behind.with(operands), {}, behind.summed);
}

/// 3 x 3 without gaps and steps.
bool suits_winograd(const Convolution& conv) {
    const auto fits = [](const WindowAxis& axis) {
        return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
    };
    return conv.weight.size() == 4 && conv.window.axes.size() == 2 &&
           std::ranges::all_of(conv.window.axes, fits);
}

/// How many times as long as the direct one on blocks: rows are unrolled into a matrix first, and Winograd's
/// transformations pay where they serve many channels.
double relative_cost(const Convolution& conv, const ConvForm& way) {
    if (is_bf16(way.input)) {
        return order_of(way.input) == Layout::channels_last ? kBf16Share : 1.2 * kBf16Share;
    }
    if (way.winograd) return conv.input[1] >= 64 && conv.output[1] >= 64 ? 0.8 : 1.2;
    if (way.output == Layout::row_major) return 2.5;
    return way.output == Layout::channels_last ? 1.2 : 1;
}

/// Beside the plain one.
std::vector<ConvForm> forms_of(const Convolution& conv) {
    std::vector<ConvForm> all = {{.input = Layout::blocked, .output = Layout::blocked},
                                 {.input = Layout::channels_last, .output = Layout::channels_last}};
    // The first convolution of a network reads three channels, which fill no block.
    if (conv.input[1] < channel_block() / 2)
        all.push_back({.input = Layout::row_major, .output = Layout::blocked});
    if (suits_winograd(conv))
        all.push_back({.input = Layout::blocked, .output = Layout::blocked, .winograd = true});
    if (conv.precision != Precision::bf16) return all;
    for (const Layout order : {Layout::channels_last, Layout::blocked}) {
        for (const Layout output : {in_bf16(order), order})
            all.push_back({.input = in_bf16(order), .output = output});
    }
    return all;
}

}  // namespace

std::vector<Candidate> convolution(const Convolution& conv, LayerWeights* weights) {
    const auto axes = std::ssize(conv.output) - 2;
    const Shape kernel(conv.weight.end() - axes - 1, conv.weight.end());
    const std::int64_t positions = element_count(conv.output) / std::max<std::int64_t>(conv.output[1], 1);
    const double us =
        predict_dense_us({.batch = positions, .inputs = element_count(kernel), .outputs = conv.output[1]});
    std::vector<Candidate> all = {
        {.name = kDenseName, .single_us = us * relative_cost(conv, {}), .make = [=](int threads) {
             return make_kernel(conv, weights, {}, threads);
         }}};
    if (weights == nullptr) return all;
    for (const ConvForm& way : forms_of(conv)) {
        all.push_back({.name = dense_name(way.input),
                       .input = way.input,
                       .output = way.output,
                       .single_us = us * relative_cost(conv, way),
                       .make =
                           [=](int threads) {
                               return unless_unimplemented(
                                   [&] { return make_kernel(conv, weights, way, threads); });
                           },
                       .note = way.winograd ? "Winograd" : ""});
    }
    return all;
}

}  // namespace espalier::runtime
