#include "runtime/sparse/conv_groups.h"

#include <optional>

#include "kernels/conv_bf16_groups/conv_bf16_groups.h"
#include "runtime/cost_model.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/sparse/conv_steps.h"
#include "runtime/sparse/finishing_kernel.h"
#include "runtime/sparse/units.h"

namespace espalier::runtime {
namespace {

using kernels::ConvShape;
using Form = kernels::ConvBf16Groups::Form;

/// A layer in this kernel's terms.
struct GroupedLayer {
    ConvShape shape;
    TakenSteps steps;
    std::int64_t elements;  // of the output
    int unit;
    kernels::Bf16Unit processor;
};

/// The largest groups that the weights lie in.
std::optional<int> group_of(const LayerWeights& weights, std::int64_t outputs) {
    if (weights.nonzeros() == 0 || weights.density() > kMostLeft) return {};
    for (const int unit : {32, 16}) {
        if (outputs >= unit / 2 && weights.is_in_blocks(unit, outputs)) return unit;
    }
    return {};
}

std::optional<GroupedLayer> layer_of(const ConvShape& shape, const std::vector<PostOperation>& after,
                                     const LayerWeights& weights) {
    const auto processors = kernels::bf16_units();
    if (processors.empty() || !kernels::ConvBf16Groups::reaches(shape)) return {};
    const auto unit = group_of(weights, shape.outputs);
    if (!unit) return {};
    const std::int64_t outputs = shape.images * shape.groups * shape.outputs * shape.positions();
    return GroupedLayer{shape, TakenSteps(after), outputs, *unit, processors.front()};
}

std::shared_ptr<Kernel> make(const GroupedLayer& layer, LayerWeights& weights, const Form& form,
                             int threads) {
    std::vector<std::shared_ptr<const kernels::GroupTiles>> groups;
    for (std::int64_t group = 0; group < layer.shape.groups; ++group)
        groups.push_back(weights.group_tiles(layer.unit, group * layer.shape.outputs, layer.shape.outputs));
    kernels::ConvBf16Groups kernel(layer.shape, std::move(groups), form, layer.processor, threads);
    return std::make_shared<FinishingKernel<kernels::ConvBf16Groups, kernels::GroupFinish>>(std::move(kernel),
                                                                                            layer.steps);
}

double predicted_us(const GroupedLayer& layer, const LayerWeights& weights, const Form& form) {
    const ConvShape& shape = layer.shape;
    return predict_conv_groups_us({.size = {.batch = shape.positions(),
                                            .inputs = shape.columns(),
                                            .outputs = shape.outputs,
                                            .nonzeros = weights.nonzeros() / shape.groups,
                                            .unit = layer.unit},
                                   .times = shape.images * shape.groups},
                                  shape.channels * shape.pixels() * (form.x_bf16 ? 1 : 2));
}

Layout layout_of(Layout order, bool bf16) { return bf16 ? in_bf16(order) : order; }

Candidate candidate(const GroupedLayer& layer, LayerWeights& weights, Layout order, const Form& form) {
    return {.name = sparse_name("conv_bf16_groups", layer.unit, kernels::name_of(layer.processor)),
            .input = layout_of(order, form.x_bf16),
            .output = layout_of(order, form.y_bf16),
            .sparse = true,
            .unit = layer.unit,
            .single_us = predicted_us(layer, weights, form),
            .make = [layer, &weights, form](int threads) { return make(layer, weights, form, threads); }};
}

/// In every type of input and output, rows of pixels or of channels as `order` says. Passes behind the kernel
/// work on f32.
void add_forms(std::vector<Candidate>& all, const GroupedLayer& layer, LayerWeights& weights, Layout order,
               bool channels_last) {
    for (const bool x_bf16 : {true, false}) {
        for (const bool y_bf16 : {true, false}) {
            if (y_bf16 && !layer.steps.others.empty()) continue;
            const Form form{.channels_last = channels_last, .x_bf16 = x_bf16, .y_bf16 = y_bf16};
            all.push_back(with_post_operations(candidate(layer, weights, order, form), layer.elements,
                                               layer.steps.others));
        }
    }
}

}  // namespace

std::vector<Candidate> grouped_convolution(const Convolution& conv, LayerWeights& weights) {
    std::vector<Candidate> all;
    if (conv.precision != Precision::bf16) return all;
    const auto layer = layer_of(shape_of(conv), conv.after, weights);
    if (!layer) return all;
    add_forms(all, *layer, weights, Layout::channels_last, true);
    add_forms(all, *layer, weights, Layout::row_major, false);
    return all;
}

std::vector<Candidate> grouped_product(LayerWeights& weights, const FullyConnected& product) {
    std::vector<Candidate> all;
    if (product.precision != Precision::bf16) return all;
    // The rows of a product are the pixels of an image whose channels are last.
    const ConvShape shape{.channels = weights.inputs(),
                          .outputs = weights.outputs(),
                          .input = {1, 1, product.batch},
                          .output = {1, 1, product.batch}};
    const auto layer = layer_of(shape, product.after, weights);
    if (layer) add_forms(all, *layer, weights, Layout::row_major, true);
    return all;
}

}  // namespace espalier::runtime
