#include "runtime/sparse/f16_panel.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/conv_f16_panel/conv_f16_panel.h"
#include "kernels/cpu_features.h"
#include "runtime/cost_model.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/sparse/conv_steps.h"
#include "runtime/sparse/finishing_kernel.h"

namespace espalier::runtime {
namespace {

using kernels::ConvShape;

/// A layer in this kernel's terms; of a product the rows are the pixels of an image whose channels are last.
struct F16Layer {
    ConvShape shape;
    bool rows = false;
    TakenSteps steps;
};

/// Columns of a block that fill 32 KB, of panels so wide.
std::int64_t f16_block_columns(const ConvShape& shape, std::int64_t lanes) {
    constexpr std::int64_t kPanel = 16'384, kVector = 32;  // halves
    const std::int64_t vectors = std::max<std::int64_t>((shape.positions() + kVector - 1) / kVector, 1);
    const std::int64_t used = std::min(lanes, vectors * kVector);
    return std::min<std::int64_t>(kPanel / used, 1024);
}

std::shared_ptr<Kernel> make_f16_panel(const F16Layer& layer, LayerWeights& weights, std::int64_t lanes,
                                       int threads) {
    const ConvShape& shape = layer.shape;
    std::vector<std::shared_ptr<const kernels::F16Rows>> groups;
    for (std::int64_t group = 0; group < shape.groups; ++group) {
        groups.push_back(
            weights.f16_rows(f16_block_columns(shape, lanes), group * shape.outputs, shape.outputs));
        if (groups.back() == nullptr) return nullptr;
    }
    return std::make_shared<FinishingKernel<kernels::ConvF16Panel>>(
        kernels::ConvF16Panel(shape, std::move(groups), layer.rows, threads, lanes), layer.steps);
}

Candidate f16_candidate(const F16Layer& layer, LayerWeights& weights, std::int64_t lanes) {
    const ConvShape& shape = layer.shape;
    const double us = predict_f16_panel_us({.size = {.batch = shape.positions(),
                                                     .inputs = shape.columns(),
                                                     .outputs = shape.outputs,
                                                     .nonzeros = weights.nonzeros() / shape.groups},
                                            .block = f16_block_columns(shape, lanes),
                                            .times = shape.images * shape.groups},
                                           lanes);
    return {.name = "conv_f16_panel avx512_fp16",
            .sparse = true,
            .single_us = us,
            .make = [layer, &weights,
                     lanes](int threads) { return make_f16_panel(layer, weights, lanes, threads); },
            .note = fmt::format("{} lanes", lanes)};
}

/// Narrow panels serve more columns in a block, wide ones more positions with what a weight is read.
std::vector<Candidate> f16_candidates(const F16Layer& layer, LayerWeights& weights) {
    std::vector<Candidate> all;
    const std::int64_t outputs =
        layer.shape.images * layer.shape.groups * layer.shape.outputs * layer.shape.positions();
    for (const std::int64_t lanes : {64, 128}) {
        if (lanes == 128 && layer.shape.positions() <= 64) break;
        all.push_back(
            with_post_operations(f16_candidate(layer, weights, lanes), outputs, layer.steps.others));
    }
    return all;
}

bool suits_f16(Precision precision, const LayerWeights& weights) {
    return precision == Precision::f16 && has_f16() && weights.density() <= kMostLeft;
}

}  // namespace

bool has_f16() { return kernels::has_avx512_fp16(); }

std::vector<Candidate> f16_convolution(const Convolution& conv, LayerWeights& weights) {
    if (!suits_f16(conv.precision, weights)) return {};
    return f16_candidates({.shape = shape_of(conv), .steps = TakenSteps(conv.after)}, weights);
}

std::vector<Candidate> f16_product(LayerWeights& weights, const FullyConnected& product) {
    if (!suits_f16(product.precision, weights)) return {};
    const ConvShape shape{.channels = weights.inputs(),
                          .outputs = weights.outputs(),
                          .input = {1, 1, product.batch},
                          .output = {1, 1, product.batch}};
    return f16_candidates({.shape = shape, .rows = true, .steps = TakenSteps(product.after)}, weights);
}

}  // namespace espalier::runtime
