// BatchNormalization: scale and shift for each channel, where it could not be folded into the layer before.
#include <cmath>

#include "runtime/dense/image_layout.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/execute/threads.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::batch_normalization_ {
namespace {

using dnnl::batch_normalization_forward;

Candidate plain(const LoweringContext& site, float epsilon) {
    const std::int64_t channels = site.output[1];
    const std::int64_t images = site.output[0] * channels;
    const std::int64_t size = element_count(site.output) / images;
    return loops(images, images * size,
                 [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                         const std::int64_t c = i % channels;
                         const float scale = inputs[1].f32()[c] / std::sqrt(inputs[4].f32()[c] + epsilon);
                         const float shift = inputs[2].f32()[c] - inputs[3].f32()[c] * scale;
                         const float* x = inputs[0].f32() + i * size;
                         float* y = output.f32() + i * size;
                         for (std::int64_t k = 0; k < size; ++k) y[k] = x[k] * scale + shift;
                     }
                 });
}

std::shared_ptr<Kernel> make_dense(const Shape& shape, Layout layout, float epsilon, bool relu, int threads) {
    const ThreadScope scope(threads);
    using dnnl::normalization_flags;
    const auto image = described(shape, layout);
    const auto channels = row_major({shape[1]});
    auto flags = normalization_flags::use_global_stats | normalization_flags::use_scale |
                 normalization_flags::use_shift;
    if (relu) flags = flags | normalization_flags::fuse_norm_relu;
    const batch_normalization_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, image, epsilon, flags}, attributes(), cpu_engine());
    return onednn_kernel<batch_normalization_forward>(threads, chosen,
                                                      {{DNNL_ARG_SRC, image, 0},
                                                       {DNNL_ARG_SCALE, channels, 1},
                                                       {DNNL_ARG_SHIFT, channels, 2},
                                                       {DNNL_ARG_MEAN, channels, 3},
                                                       {DNNL_ARG_VARIANCE, channels, 4}});
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const float epsilon = site.node.attribute_float("epsilon", 1e-5F);
    std::vector<Candidate> all = {with_post_operations(plain(site, epsilon), site)};
    const bool relu = site.after.size() == 1 && site.after[0].is_relu();
    if (!relu && !site.after.empty()) return all;
    for (const Layout layout : layouts_of(site.output)) {
        if (!is_image(site.output)) break;
        all.push_back({.name = kDenseName,
                       .input = layout,
                       .output = layout,
                       .single_us = predict_element_us(element_count(site.output)),
                       .make = [=, shape = site.output](int threads) {
                           return make_dense(shape, layout, epsilon, relu, threads);
                       }});
    }
    return all;
}

}  // namespace

extern const Lowering batch_normalization{.name = "BatchNormalization",
                                          .summary = "scale and shift of each channel",
                                          .candidates = candidates,
                                          .fuses = Fuses::functions};

}  // namespace espalier::runtime::lowerings_::batch_normalization_
