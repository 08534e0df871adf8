#include "runtime/sparse/conv_panel.h"

#include <algorithm>

#include "kernels/conv_f32_panel/conv_f32_panel.h"
#include "runtime/cost_model.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/sparse/conv_steps.h"
#include "runtime/sparse/finishing_kernel.h"
#include "runtime/sparse/units.h"

namespace espalier::runtime {
namespace {

using kernels::ConvShape;

/// Columns whose pixels at the positions of a panel fill 32 KB, the L1 cache; where four outputs share what
/// is loaded, more of it may come from behind that.
std::int64_t block_columns(const ConvShape& shape, int unit) {
    const std::int64_t floats = unit == 1 ? 8192 : 12288;
    const std::int64_t lanes =
        std::clamp<std::int64_t>(shape.positions(), 1, kernels::ConvF32Panel::best_lanes(unit));
    return std::min<std::int64_t>(floats / lanes, 1024);
}

std::shared_ptr<Kernel> make(const ConvShape& shape, LayerWeights& weights, const TakenSteps& steps, int unit,
                             int threads) {
    const std::int64_t lanes = kernels::ConvF32Panel::best_lanes(unit);
    const kernels::PackedRows::Blocking blocking{
        .block_columns = block_columns(shape, unit),
        .parts = kernels::ConvF32Panel::parts_for(shape, threads, unit),
        .unit = unit};
    std::vector<std::shared_ptr<const kernels::PackedRows>> groups;
    for (std::int64_t group = 0; group < shape.groups; ++group)
        groups.push_back(weights.packed(blocking, group * shape.outputs, shape.outputs));
    kernels::ConvF32Panel kernel(shape, std::move(groups), threads, lanes);
    return std::make_shared<FinishingKernel<kernels::ConvF32Panel>>(std::move(kernel), steps);
}

Candidate candidate(const ConvShape& shape, LayerWeights& weights, const TakenSteps& steps, int unit) {
    const double us = predict_conv_panel_us({.size = {.batch = shape.positions(),
                                                      .inputs = shape.columns(),
                                                      .outputs = shape.outputs,
                                                      .nonzeros = weights.nonzeros() / shape.groups,
                                                      .unit = unit},
                                             .block = block_columns(shape, unit),
                                             .times = shape.images * shape.groups});
    return {.name = sparse_name("conv_f32_panel", unit, kernels::conv_f32_panel_instruction_set()),
            .sparse = true,
            .unit = unit,
            .single_us = us,
            .make = [shape, &weights, steps, unit](int threads) {
                return make(shape, weights, steps, unit, threads);
            }};
}

}  // namespace

std::vector<Candidate> sparse_convolution(const Convolution& conv, LayerWeights& weights) {
    const ConvShape shape = shape_of(conv);
    const TakenSteps steps(conv.after);
    std::vector<Candidate> all;
    for (const int unit : units_of(weights, shape.outputs)) {
        all.push_back(with_post_operations(candidate(shape, weights, steps, unit), element_count(conv.output),
                                           steps.others));
    }
    return all;
}

}  // namespace espalier::runtime
