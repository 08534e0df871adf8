#include "runtime/dense/pooling.h"

#include <algorithm>
#include <limits>

#include "graph/spatial/images.h"
#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/threads.h"
#include "runtime/loops/loop_kernel.h"

namespace espalier::runtime {
namespace {

struct PoolingForm {
    Pool kind;
    Shape input, output;  // N x C x H x W, or of one or three axes
    std::vector<WindowAxis> axes;
};

float pooled(Pool kind, const float* image, const std::array<WindowAxis, 3>& axes, const Volume& size,
             const Volume& place) {
    const bool max = kind == Pool::max;
    float value = max ? -std::numeric_limits<float>::infinity() : 0.0F;
    std::int64_t seen = 0;
    Taps::at(axes, size, place).visit(axes, size, [&](const Volume&, std::int64_t at) {
        value = max ? std::max(value, image[at]) : value + image[at];
        ++seen;
    });
    if (max) return value;
    return value / static_cast<float>(kind == Pool::mean ? seen : padded_taps(axes, size, place));
}

Candidate plain_pooling(const PoolingForm& form) {
    const std::int64_t images = form.output[0] * form.output[1];
    const auto axes = volume_axes(form.axes);
    const Volume size = volume_of(form.input);
    const Volume target = volume_of(form.output);
    const std::int64_t window = axes[0].kernel * axes[1].kernel * axes[2].kernel;
    return loops(
        images, element_count(form.output) * window,
        [=, kind = form.kind](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            float* y = output.f32() + begin * positions_in(target);
            for (std::int64_t i = begin; i < end; ++i) {
                const float* image = inputs[0].f32() + i * positions_in(size);
                places(target, [&](const Volume& place) { *y++ = pooled(kind, image, axes, size, place); });
            }
        });
}

dnnl::algorithm pooling_algorithm(Pool kind) {
    switch (kind) {
        case Pool::max:
            return dnnl::algorithm::pooling_max;
        case Pool::mean:
            return dnnl::algorithm::pooling_avg_exclude_padding;
        case Pool::mean_with_padding:
            break;
    }
    return dnnl::algorithm::pooling_avg_include_padding;
}

std::shared_ptr<Kernel> make_primitive(const PoolingForm& form, Layout layout, int threads) {
    const ThreadScope scope(threads);
    const auto source = described(form.input, layout);
    WindowDims window(form.axes);
    // With ceil_mode, the last window reaches further than the padding that the node names.
    for (std::size_t i = 0; i < form.axes.size(); ++i) {
        const WindowAxis& axis = form.axes[i];
        window.pads_end[i] =
            (form.output[i + 2] - 1) * axis.stride + axis.extent() - form.input[i + 2] - axis.pad_begin;
    }
    const dnnl::pooling_v2_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, pooling_algorithm(form.kind), source,
         described(form.output, layout), window.strides, window.kernel, window.dilations, window.pads_begin,
         window.pads_end},
        attributes(), cpu_engine());
    return onednn_kernel<dnnl::pooling_v2_forward>(threads, chosen, {{DNNL_ARG_SRC, source, 0}});
}

Candidate dense_pooling(const PoolingForm& form, Layout layout) {
    return {.name = dense_name(layout),
            .input = layout,
            .output = layout,
            .single_us = predict_element_us(element_count(form.input)) * share_of(layout),
            .make = [=](int threads) -> std::shared_ptr<Kernel> {
                if (!is_bf16(layout)) return make_primitive(form, layout, threads);
                return unless_unimplemented([&] { return make_primitive(form, layout, threads); });
            }};
}

/// oneDNN counts padding behind the one that the node names too, and wants a part of every window to lie in
/// the image.
bool fits_onednn(const PoolingForm& form, bool ceil) {
    const auto pads_little = [](const WindowAxis& axis) {
        return axis.dilation == 1 && axis.pad_begin < axis.kernel && axis.pad_end < axis.kernel;
    };
    return std::ranges::all_of(form.axes, pads_little) && !(ceil && form.kind == Pool::mean_with_padding);
}

}  // namespace

std::vector<Candidate> pooling(const LoweringContext& site, Pool kind) {
    const Shape& x = site.operands[0].shape;
    const Window window = Window::of(site.node, x.size() - 2);
    const PoolingForm form{kind, x, site.output, window.on(std::span(x).subspan(2)).axes};
    if (!fits_onednn(form, window.ceil)) return {plain_pooling(form)};
    std::vector<Candidate> all;
    for (const Layout layout : layouts_of(site.output, site.precision))
        all.push_back(dense_pooling(form, layout));
    return all;
}

std::vector<Candidate> pooling_of_all(const LoweringContext& site, Pool kind) {
    const Shape& x = site.operands[0].shape;
    std::vector<WindowAxis> axes;
    for (std::size_t i = 2; i < x.size(); ++i) axes.push_back({.kernel = x[i]});
    const PoolingForm form{kind, x, site.output, axes};
    std::vector<Candidate> all;
    for (const Layout layout : layouts_of(site.output, site.precision)) {
        if (order_of(layout) != Layout::row_major) all.push_back(dense_pooling(form, layout));
    }
    return all;
}

}  // namespace espalier::runtime
