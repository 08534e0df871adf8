#include "runtime/fully_connected.h"

#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "runtime/cost_model.h"
#include "runtime/onednn.h"
#include "runtime/threads.h"

namespace espalier::runtime {
namespace {

std::shared_ptr<Kernel> make_dense(LayerWeights& weights, const FullyConnected& layer, int threads) {
    const ThreadScope scope(threads);
    using dnnl::inner_product_forward;
    const auto source = row_major({layer.batch, weights.inputs()});
    const auto target = row_major({layer.batch, weights.outputs()});
    const auto bias = row_major({weights.outputs()});
    const dnnl::memory::desc any({weights.outputs(), weights.inputs()}, dnnl::memory::data_type::f32,
                                 dnnl::memory::format_tag::any);
    const inner_product_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, source, any, bias, target}, attributes(layer.relu),
        cpu_engine());
    const auto b =
        std::make_shared<const dnnl::memory>(bias, cpu_engine(), const_cast<float*>(weights.bias().data()));
    return onednn_kernel<inner_product_forward>(
        threads, chosen, {{DNNL_ARG_SRC, source, 0}},
        {{DNNL_ARG_WEIGHTS, weights.onednn(chosen.weights_desc())}, {DNNL_ARG_BIAS, b}});
}

class SpmmKernel final : public Kernel {
  public:
    SpmmKernel(std::shared_ptr<const kernels::PackedRows> weights, const FullyConnected& layer, int threads)
        : weights_(std::move(weights)), panels_{layer.batch}, relu_(layer.relu), threads_(threads) {}

    void run(std::span<const float* const> inputs, float* output, std::byte*) override {
        kernels::spmm_f32_panel(*weights_, panels_, inputs[0], output, relu_, threads_);
    }

  private:
    std::shared_ptr<const kernels::PackedRows> weights_;
    kernels::Panels panels_;
    bool relu_;
    int threads_;
};

class SpmvKernel final : public Kernel {
  public:
    SpmvKernel(std::shared_ptr<const kernels::PackedRows> weights, const FullyConnected& layer, int threads)
        : weights_(std::move(weights)), layer_(layer), threads_(threads) {}

    void run(std::span<const float* const> inputs, float* output, std::byte*) override {
        kernels::spmv_f32_csr(*weights_, layer_.batch, inputs[0], output, layer_.relu, threads_);
    }

  private:
    std::shared_ptr<const kernels::PackedRows> weights_;
    FullyConnected layer_;
    int threads_;
};

/// Panels are what threads share if they come out even; otherwise each thread takes a part of the rows.
int parts_for(std::int64_t batch, int threads) {
    const kernels::Panels panels{batch};
    const bool even = panels.count() % threads == 0 && batch % kernels::Panels::kWidth == 0;
    return even || panels.count() >= 4 * std::int64_t{threads} ? 1 : threads;
}

Candidate dense(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size) {
    return {.name = "dense (oneDNN)",
            .single_us = predict_dense_us(size),
            .make = [&weights, layer](int threads) { return make_dense(weights, layer, threads); }};
}

Candidate spmm(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size) {
    return {.name = "spmm_f32_panel " + kernels::spmm_f32_panel_instruction_set(),
            .input = Layout::panel,
            .output = Layout::panel,
            .sparse = true,
            .single_us = predict_spmm_us(size),
            .make = [&weights, layer, block = panel_block_columns(size)](int threads) {
                const int parts = parts_for(layer.batch, threads);
                return std::make_shared<SpmmKernel>(weights.packed({.block_columns = block, .parts = parts}),
                                                    layer, threads);
            }};
}

Candidate spmv(LayerWeights& weights, const FullyConnected& layer, const LayerSize& size) {
    return {.name = "spmv_f32_csr " + kernels::spmv_f32_csr_instruction_set(),
            .sparse = true,
            .single_us = predict_spmv_us(size),
            .make = [&weights, layer](int threads) {
                constexpr std::int64_t kWidest = 65'536;  // its input is small, so blocks would only cost
                return std::make_shared<SpmvKernel>(
                    weights.packed({.block_columns = kWidest, .parts = threads}), layer, threads);
            }};
}

}  // namespace

std::vector<Candidate> fully_connected(LayerWeights& weights, const FullyConnected& layer) {
    const LayerSize size{.batch = layer.batch,
                         .inputs = weights.inputs(),
                         .outputs = weights.outputs(),
                         .nonzeros = weights.nonzeros()};
    std::vector<Candidate> candidates = {dense(weights, layer, size), spmm(weights, layer, size)};
    constexpr std::int64_t kLargestVectorBatch = 2;
    if (layer.batch <= kLargestVectorBatch) candidates.push_back(spmv(weights, layer, size));
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
