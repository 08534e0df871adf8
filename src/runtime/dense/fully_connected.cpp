#include "runtime/dense/fully_connected.h"

#include <algorithm>

#include "kernels/gemv_halves/gemv_halves.h"
#include "kernels/parallel.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/spmv_f32_bitmap/spmv_f32_bitmap.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "kernels/spmv_halves_bitmap/spmv_halves_bitmap.h"
#include "kernels/spmv_halves_csr/spmv_halves_csr.h"
#include "runtime/cost_model.h"
#include "runtime/dense/gelu.h"
#include "runtime/dense/onednn.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/execute/threads.h"
#include "runtime/sparse/conv_groups.h"
#include "runtime/sparse/f16_panel.h"
#include "runtime/sparse/panel_chain.h"
#include "runtime/sparse/units.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kSpmvBatch = 2;       // the largest for which spmv_f32_csr can be faster than panels
constexpr std::int64_t kSpmvBlock = 65'536;  // columns: its input is in the L1 cache anyway
constexpr std::int64_t kLeastHalves = 1 << 17;  // weights: fewer are in the L2 cache anyway

/// How the rows of a product lie: those it reads, and those it gives.
struct RowForm {
    Layout input = Layout::row_major, output = Layout::row_major;

    DType read() const { return stored_type(DType::f32, input); }
    DType given() const { return stored_type(DType::f32, output); }
};

dnnl::memory::desc any_matrix_layout(const dnnl::memory::dims& dims, DType dtype) {
    return {dims, onednn_type(dtype), dnnl::memory::format_tag::any};
}

std::shared_ptr<Kernel> make_inner_product(LayerWeights& weights, const FullyConnected& layer,
                                           const RowForm& form, int threads) {
    const ThreadScope scope(threads);
    using dnnl::inner_product_forward;
    const auto source = row_major({layer.batch, weights.inputs()}, form.read());
    const auto target = row_major({layer.batch, weights.outputs()}, form.given());
    const PostOpAttributes behind = post_op_attributes(layer.after, target);
    const inner_product_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, source,
         any_matrix_layout({weights.outputs(), weights.inputs()}, form.read()),
         row_major({weights.outputs()}), target},
        behind.attributes, cpu_engine());
    return onednn_kernel<inner_product_forward>(threads, chosen, behind.with({{DNNL_ARG_SRC, source, 0}}),
                                                {{DNNL_ARG_WEIGHTS, weights.onednn(chosen.weights_desc())},
                                                 {DNNL_ARG_BIAS, weights.onednn_bias({weights.outputs()})}},
                                                behind.summed);
}

/// The same layer by oneDNN's other primitive for it: on the 197 rows of a ViT-B/16 1.15 to 1.5 times as
/// fast.
std::shared_ptr<Kernel> make_matmul(LayerWeights& weights, const FullyConnected& layer, const RowForm& form,
                                    int threads) {
    const ThreadScope scope(threads);
    const auto source = row_major({layer.batch, weights.inputs()}, form.read());
    const auto target = row_major({layer.batch, weights.outputs()}, form.given());
    const PostOpAttributes behind = post_op_attributes(layer.after, target);
    const dnnl::matmul::primitive_desc chosen(
        {source, any_matrix_layout({weights.inputs(), weights.outputs()}, form.read()),
         row_major({1, weights.outputs()}), target},
        behind.attributes, cpu_engine());
    return onednn_kernel<dnnl::matmul>(threads, chosen, behind.with({{DNNL_ARG_SRC, source, 0}}),
                                       {{DNNL_ARG_WEIGHTS, weights.onednn_transposed(chosen.weights_desc())},
                                        {DNNL_ARG_BIAS, weights.onednn_bias({1, weights.outputs()})}},
                                       behind.summed);
}

/// Computes one or two rows: kMultiply is spmv_f32_csr() or one like it.
template <class Weights, auto kMultiply>
class RowKernel final : public Kernel {
  public:
    RowKernel(std::shared_ptr<const Weights> weights, std::int64_t batch, bool relu, int threads)
        : weights_(std::move(weights)), batch_(batch), relu_(relu), threads_(threads) {}

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        kMultiply(*weights_, batch_, inputs[0].f32(), outputs[0].f32(), relu_, threads_);
    }

  private:
    std::shared_ptr<const Weights> weights_;
    std::int64_t batch_;
    bool relu_;
    int threads_;
};

using SpmvKernel = RowKernel<kernels::PackedRows, kernels::spmv_f32_csr>;
using BitmapKernel = RowKernel<kernels::BitmapRows, kernels::spmv_f32_bitmap>;
using HalvesKernel = RowKernel<kernels::HalfRows, kernels::gemv_halves>;
using SpmvHalvesKernel = RowKernel<kernels::SparseHalves, kernels::spmv_halves_csr>;
using BitmapHalvesKernel = RowKernel<kernels::HalfBitmapRows, kernels::spmv_halves_bitmap>;

using MakeDense = std::shared_ptr<Kernel> (*)(LayerWeights& weights, const FullyConnected& layer,
                                              const RowForm& form, int threads);

/// A Gelu, and what is behind it, becomes a pass over rows of f32.
Candidate dense_product(LayerWeights& weights, FullyConnected layer, const LayerSize& size, MakeDense make,
                        const RowForm& form = {}) {
    SplitSteps steps;
    if (!is_bf16(form.input)) {
        steps = split_at_gelu(layer.after);
        layer.after = steps.first;
    }
    Candidate product{.name = dense_name(form.input),
                      .input = form.input,
                      .output = form.output,
                      .single_us = predict_dense_us(size) * (is_bf16(form.input) ? kBf16Share : 1),
                      .make = [&weights, layer, form, make](int threads) -> std::shared_ptr<Kernel> {
                          if (!is_bf16(form.input)) return make(weights, layer, form, threads);
                          return unless_unimplemented([&] { return make(weights, layer, form, threads); });
                      }};
    return with_post_operations(std::move(product), layer.batch * weights.outputs(), steps.others);
}

/// A chain of one link, for timing: a program runs it as a part of a longer chain, with the same panels.
Candidate spmm(LayerWeights& weights, const FullyConnected& layer, LayerSize size, int unit) {
    const ChainEnds ends{.input = Layout::panel,
                         .output = leaves_panels(layer.after) ? Layout::row_major : Layout::panel};
    size.unit = unit;
    return {.name = sparse_name("spmm_f32_panel", unit, kernels::spmm_f32_panel_instruction_set()),
            .input = ends.input,
            .output = ends.output,
            .sparse = true,
            .unit = unit,
            .single_us = predict_spmm_us(size),
            .make = [&weights, layer, ends, unit](int threads) {
                const std::int64_t rows = chain_rows(layer.batch, threads, unit);
                return panel_chain({{weights.packed_for_panels(rows, unit), layer.after}}, layer.batch,
                                   threads, ends);
            }};
}

/// What a kernel for one or two rows computes itself, and what is left to passes.
struct RowSteps {
    explicit RowSteps(const std::vector<PostOperation>& after)
        : relu(!after.empty() && after[0].is_relu()), others(after.begin() + (relu ? 1 : 0), after.end()) {}

    bool relu;
    std::vector<PostOperation> others;
};

Candidate spmv(LayerWeights& weights, const FullyConnected& layer, LayerSize size, int unit) {
    const RowSteps steps(layer.after);
    size.unit = unit;
    return with_post_operations(
        {.name = sparse_name("spmv_f32_csr", unit, kernels::spmv_f32_csr_instruction_set()),
         .sparse = true,
         .unit = unit,
         .single_us = predict_spmv_us(size),
         .make =
             [&weights, batch = layer.batch, relu = steps.relu, unit](int threads) {
                 return std::make_shared<SpmvKernel>(
                     weights.packed({.block_columns = kSpmvBlock, .parts = threads, .unit = unit}), batch,
                     relu, threads);
             }},
        layer.batch * weights.outputs(), steps.others);
}

Candidate spmv_bitmap(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size) {
    const RowSteps steps(layer.after);
    return with_post_operations({.name = "spmv_f32_bitmap " + kernels::spmv_f32_bitmap_instruction_set(),
                                 .sparse = true,
                                 .single_us = predict_bitmap_us(size),
                                 .make =
                                     [&weights, batch = layer.batch, relu = steps.relu](int threads) {
                                         return std::make_shared<BitmapKernel>(weights.bitmap(), batch, relu,
                                                                               threads);
                                     }},
                                layer.batch * weights.outputs(), steps.others);
}

/// Dense, and exact: what a file of halves became f32 of, or what was rounded to 16 bits before.
Candidate gemv_halves(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size) {
    const RowSteps steps(layer.after);
    return with_post_operations({.name = kDenseHalvesName,
                                 .single_us = predict_halves_us(size),
                                 .make =
                                     [&weights, batch = layer.batch, relu = steps.relu](int threads) {
                                         return std::make_shared<HalvesKernel>(weights.halves(), batch, relu,
                                                                               threads);
                                     }},
                                layer.batch * weights.outputs(), steps.others);
}

Candidate spmv_halves(LayerWeights& weights, const FullyConnected& layer, LayerSize size,
                      kernels::HalfType type, int unit) {
    const RowSteps steps(layer.after);
    size.unit = unit;
    return with_post_operations(
        {.name = sparse_name("spmv_halves_csr", unit, kernels::spmv_halves_csr_instruction_set()),
         .sparse = true,
         .unit = unit,
         .single_us = predict_spmv_halves_us(size),
         .make =
             [&weights, batch = layer.batch, relu = steps.relu, type, unit](int threads) {
                 return std::make_shared<SpmvHalvesKernel>(weights.sparse_halves(type, unit), batch, relu,
                                                           threads);
             }},
        layer.batch * weights.outputs(), steps.others);
}

Candidate bitmap_halves(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size,
                        kernels::HalfType type) {
    const RowSteps steps(layer.after);
    return with_post_operations(
        {.name = "spmv_halves_bitmap " + kernels::spmv_halves_bitmap_instruction_set(),
         .sparse = true,
         .single_us = predict_bitmap_halves_us(size),
         .make =
             [&weights, batch = layer.batch, relu = steps.relu, type](int threads) {
                 return std::make_shared<BitmapHalvesKernel>(weights.half_bitmap(type), batch, relu, threads);
             }},
        layer.batch * weights.outputs(), steps.others);
}

/// What 16 bits a sparse product reads its weights in: those that hold them exactly, or in a program of bf16
/// that. None where they are too few to matter.
std::optional<kernels::HalfType> sparse_half_type(LayerWeights& weights, Precision precision) {
    if (weights.count() < kLeastHalves || weights.inputs() > kernels::SparseHalves::kMostColumns)
        return std::nullopt;
    if (const auto exact = weights.half_type()) return exact;
    return precision == Precision::bf16 ? std::optional(kernels::HalfType::bf16) : std::nullopt;
}

}  // namespace

std::vector<Candidate> fully_connected(LayerWeights& weights, const FullyConnected& layer) {
    const LayerSize size{.batch = layer.batch,
                         .inputs = weights.inputs(),
                         .outputs = weights.outputs(),
                         .nonzeros = weights.nonzeros()};
    std::vector<Candidate> candidates = {dense_product(weights, layer, size, make_inner_product),
                                         dense_product(weights, layer, size, make_matmul)};
    if (layer.precision == Precision::bf16) {
        for (const Layout output : {Layout::row_major_bf16, Layout::row_major}) {
            const RowForm form{.input = Layout::row_major_bf16, .output = output};
            for (const MakeDense make : {make_matmul, make_inner_product})
                candidates.push_back(dense_product(weights, layer, size, make, form));
        }
        if (weights.density() > kMostLeft) return candidates;
        for (Candidate& grouped : grouped_product(weights, layer)) candidates.push_back(std::move(grouped));
    }
    for (Candidate& halves : f16_product(weights, layer)) candidates.push_back(std::move(halves));
    for (const int unit : units_of(weights, weights.outputs()))
        candidates.push_back(spmm(weights, layer, size, unit));
    if (layer.batch > kSpmvBatch) return candidates;
    if (weights.count() >= kLeastHalves && weights.half_type())
        candidates.push_back(gemv_halves(weights, layer, size));
    candidates.push_back(spmv(weights, layer, size, 1));
    candidates.push_back(spmv_bitmap(weights, layer, size));
    const int unit = largest_unit(weights);
    if (unit > 1) candidates.push_back(spmv(weights, layer, size, unit));
    if (const auto type = sparse_half_type(weights, layer.precision)) {
        candidates.push_back(spmv_halves(weights, layer, size, *type, 1));
        candidates.push_back(bitmap_halves(weights, layer, size, *type));
        if (unit == kernels::SparseHalves::kUnit)
            candidates.push_back(spmv_halves(weights, layer, size, *type, unit));
    }
    return candidates;
}

std::vector<float> transposed(std::span<const float> matrix, std::int64_t rows, std::int64_t columns) {
    std::vector<float> out(matrix.size());
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t column = 0; column < columns; ++column) {
            out[static_cast<std::size_t>(column * rows + row)] =
                matrix[static_cast<std::size_t>(row * columns + column)];
        }
    }
    return out;
}

}  // namespace espalier::runtime
