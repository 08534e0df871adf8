// ConvTranspose with constant weights, through oneDNN's deconvolution.
#include <algorithm>

#include "graph/spatial/transposed_window.h"
#include "graph/walk.h"
#include "runtime/cost_model.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::conv_transpose_ {
namespace {

using dnnl::deconvolution_forward;

/// ONNX's weight [C, O / g, k...] as oneDNN names its dimensions, [O / g, C / g, k...] behind the groups,
/// where it is.
dnnl::memory::desc weight_desc(const Shape& w, std::int64_t group) {
    const Shape steps = row_major_strides(w);
    dnnl::memory::dims sizes = {w[1], w[0] / group};
    dnnl::memory::dims strides = {steps[1], steps[0]};
    sizes.insert(sizes.end(), w.begin() + 2, w.end());
    strides.insert(strides.end(), steps.begin() + 2, steps.end());
    if (group > 1) {
        sizes.insert(sizes.begin(), group);
        strides.insert(strides.begin(), w[0] / group * steps[0]);
    }
    return {sizes, dnnl::memory::data_type::f32, strides};
}

WindowDims window_of(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    const Shape& w = site.operands[1].shape;
    std::vector<WindowAxis> axes;
    const auto all = transposed_window(site.node, {w.begin() + 2, w.end()}, {x.begin() + 2, x.end()});
    for (std::size_t i = 0; i < all.size(); ++i) {
        WindowAxis axis = all[i].window;
        // Output padding is what the reach has less behind.
        axis.pad_end = axis.stride * (x[i + 2] - 1) + axis.extent() - site.output[i + 2] - axis.pad_begin;
        axes.push_back(axis);
    }
    return WindowDims(axes);
}

std::shared_ptr<Kernel> make(const LoweringContext& site, const WindowDims& window, int threads) {
    const ThreadScope scope(threads);
    const std::int64_t group = site.node.attribute_int("group", 1);
    const auto plain = weight_desc(site.operands[1].shape, group);
    const dnnl::memory::desc weights(plain.dims(), dnnl::memory::data_type::f32,
                                     dnnl::memory::format_tag::any);
    const bool has_bias = site.operands.size() > 2;
    const auto source = row_major(site.operands[0].shape);
    const auto bias = has_bias ? row_major({site.output[1]}) : dnnl::memory::desc();
    const deconvolution_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct, source, weights, bias,
         row_major(site.output), window.strides, window.dilations, window.pads_begin, window.pads_end},
        attributes(), cpu_engine());
    const auto constant = [](const Tensor& tensor, const dnnl::memory::desc& from,
                             const dnnl::memory::desc& to) {
        const dnnl::memory given(from, cpu_engine(), const_cast<float*>(tensor.f32().data()));
        return std::make_shared<const dnnl::memory>(reordered(given, to));
    };
    std::vector<OnednnKernel::Constant> constants = {
        {DNNL_ARG_WEIGHTS, constant(*site.operands[1].constant, plain, chosen.weights_desc())}};
    if (has_bias) constants.push_back({DNNL_ARG_BIAS, constant(*site.operands[2].constant, bias, bias)});
    return onednn_kernel<deconvolution_forward>(threads, chosen, {{DNNL_ARG_SRC, source, 0}}, constants);
}

/// Negative padding, which an output_shape can ask for, is none that oneDNN knows.
bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    const auto sizes = [&](std::size_t input) {
        std::vector<std::int64_t> out;
        for (const Dim& dim : std::span(types.at(node.inputs[input]).dims).subspan(2))
            out.push_back(dim.size());
        return out;
    };
    const auto empty = [](const Dim& dim) { return dim == Dim(0); };
    if (std::ranges::any_of(types.at(node.inputs[1]).dims, empty)) return false;
    const auto axes = transposed_window(node, sizes(1), sizes(0));
    return std::ranges::all_of(axes, [](const TransposedAxis& axis) {
        return axis.window.pad_begin >= 0 && axis.window.pad_end >= 0 && axis.size > 0;
    });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const WindowDims window = window_of(site);
    const Shape& w = site.operands[1].shape;
    const std::int64_t positions = element_count(site.operands[0].shape) / w[0];
    const double us =
        predict_dense_us({.batch = positions, .inputs = w[0], .outputs = element_count(w) / w[0]});
    return {{.name = kDenseName, .single_us = us, .make = [&site, window](int threads) {
                 return make(site, window, threads);
             }}};
}

}  // namespace

extern const Lowering conv_transpose{.name = "ConvTranspose",
                                     .summary = "convolution from features back to an image",
                                     .candidates = candidates,
                                     .takes = takes,
                                     .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::conv_transpose_
