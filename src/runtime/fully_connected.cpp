#include "runtime/fully_connected.h"

#include <algorithm>

#include "kernels/parallel.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "runtime/cost_model.h"
#include "runtime/onednn.h"
#include "runtime/panel_chain.h"
#include "runtime/threads.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kSpmvBatch = 2;       // the largest for which spmv_f32_csr can be faster than panels
constexpr std::int64_t kSpmvBlock = 65'536;  // columns: its input is in the L1 cache anyway

dnnl::memory::desc any_layout(const dnnl::memory::dims& dims) {
    return {dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any};
}

std::shared_ptr<const dnnl::memory> bias_memory(const LayerWeights& weights, const Shape& shape) {
    return std::make_shared<const dnnl::memory>(row_major(shape), cpu_engine(),
                                                const_cast<float*>(weights.bias().data()));
}

std::shared_ptr<Kernel> make_inner_product(LayerWeights& weights, const FullyConnected& layer, int threads) {
    const ThreadScope scope(threads);
    using dnnl::inner_product_forward;
    const auto source = row_major({layer.batch, weights.inputs()});
    const auto target = row_major({layer.batch, weights.outputs()});
    const Followed behind = followed_by(layer.after, target);
    const inner_product_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, source, any_layout({weights.outputs(), weights.inputs()}),
         row_major({weights.outputs()}), target},
        behind.attributes, cpu_engine());
    return onednn_kernel<inner_product_forward>(threads, chosen, behind.with({{DNNL_ARG_SRC, source, 0}}),
                                                {{DNNL_ARG_WEIGHTS, weights.onednn(chosen.weights_desc())},
                                                 {DNNL_ARG_BIAS, bias_memory(weights, {weights.outputs()})}},
                                                behind.summed);
}

/// The same layer by oneDNN's other primitive for it: on the 197 rows of a ViT-B/16 1.15 to 1.5 times as
/// fast.
std::shared_ptr<Kernel> make_matmul(LayerWeights& weights, const FullyConnected& layer, int threads) {
    const ThreadScope scope(threads);
    const auto source = row_major({layer.batch, weights.inputs()});
    const auto target = row_major({layer.batch, weights.outputs()});
    const Followed behind = followed_by(layer.after, target);
    const dnnl::matmul::primitive_desc chosen({source, any_layout({weights.inputs(), weights.outputs()}),
                                               row_major({1, weights.outputs()}), target},
                                              behind.attributes, cpu_engine());
    return onednn_kernel<dnnl::matmul>(threads, chosen, behind.with({{DNNL_ARG_SRC, source, 0}}),
                                       {{DNNL_ARG_WEIGHTS, weights.onednn_transposed(chosen.weights_desc())},
                                        {DNNL_ARG_BIAS, bias_memory(weights, {1, weights.outputs()})}},
                                       behind.summed);
}

/// The product alone, for timing: a program runs it as a link of a panel chain, with the same panels.
class SpmmKernel final : public Kernel {
  public:
    SpmmKernel(LayerWeights& weights, const FullyConnected& layer, int threads)
        : layer_(layer),
          rows_(panel_rows(layer.batch, threads)),
          threads_(threads),
          weights_(weights.packed_for_panels(std::min(rows_, layer.batch))) {}

    void run(std::span<const float* const> inputs, float* output, std::byte*) override {
        const std::int64_t panels = (layer_.batch + rows_ - 1) / rows_;
        kernels::for_each_item(panels, threads_, [&](std::int64_t index, int) {
            const kernels::Panels panel{std::min(rows_, layer_.batch - index * rows_)};
            kernels::spmm_f32_panel(*weights_, panel, inputs[0] + index * rows_ * weights_->columns(),
                                    output + index * rows_ * weights_->rows(), layer_.relu(), 1);
        });
    }

  private:
    FullyConnected layer_;
    std::int64_t rows_;
    int threads_;
    std::shared_ptr<const kernels::PackedRows> weights_;
};

class SpmvKernel final : public Kernel {
  public:
    SpmvKernel(std::shared_ptr<const kernels::PackedRows> weights, const FullyConnected& layer, int threads)
        : weights_(std::move(weights)), layer_(layer), threads_(threads) {}

    void run(std::span<const float* const> inputs, float* output, std::byte*) override {
        kernels::spmv_f32_csr(*weights_, layer_.batch, inputs[0], output, layer_.relu(), threads_);
    }

  private:
    std::shared_ptr<const kernels::PackedRows> weights_;
    FullyConnected layer_;
    int threads_;
};

using MakeDense = std::shared_ptr<Kernel> (*)(LayerWeights& weights, const FullyConnected& layer,
                                              int threads);

Candidate dense(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size, MakeDense make) {
    return {.name = kDenseName,
            .single_us = predict_dense_us(size),
            .make = [&weights, layer, make](int threads) { return make(weights, layer, threads); }};
}

Candidate spmm(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size) {
    return {.name = "spmm_f32_panel " + kernels::spmm_f32_panel_instruction_set(),
            .input = Layout::panel,
            .output = Layout::panel,
            .sparse = true,
            .single_us = predict_spmm_us(size),
            .make = [&weights, layer](int threads) {
                return std::make_shared<SpmmKernel>(weights, layer, threads);
            }};
}

Candidate spmv(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size) {
    return {.name = "spmv_f32_csr " + kernels::spmv_f32_csr_instruction_set(),
            .sparse = true,
            .single_us = predict_spmv_us(size),
            .make = [&weights, layer](int threads) {
                return std::make_shared<SpmvKernel>(
                    weights.packed({.block_columns = kSpmvBlock, .parts = threads}), layer, threads);
            }};
}

}  // namespace

std::vector<Candidate> fully_connected(LayerWeights& weights, const FullyConnected& layer) {
    const LayerSize size{.batch = layer.batch,
                         .inputs = weights.inputs(),
                         .outputs = weights.outputs(),
                         .nonzeros = weights.nonzeros()};
    std::vector<Candidate> candidates = {dense(weights, layer, size, make_inner_product),
                                         dense(weights, layer, size, make_matmul)};
    if (!layer.takes_sparse()) return candidates;
    candidates.push_back(spmm(weights, layer, size));
    if (layer.batch <= kSpmvBatch) candidates.push_back(spmv(weights, layer, size));
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
