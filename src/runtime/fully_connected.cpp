#include "runtime/fully_connected.h"

#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "runtime/cost_model.h"
#include "runtime/onednn.h"
#include "runtime/threads.h"

namespace espalier::runtime {
namespace {

std::shared_ptr<Kernel> make_dense(LayerWeights& weights, const FullyConnected& layer) {
    const ThreadScope scope(layer.threads);
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
        layer.threads, chosen, {{DNNL_ARG_SRC, source, 0}},
        {{DNNL_ARG_WEIGHTS, weights.onednn(chosen.weights_desc())}, {DNNL_ARG_BIAS, b}});
}

class SpmmKernel final : public Kernel {
  public:
    SpmmKernel(std::shared_ptr<const kernels::PackedRows> weights, const FullyConnected& layer)
        : weights_(std::move(weights)), panels_{layer.batch}, relu_(layer.relu), threads_(layer.threads) {}

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
    SpmvKernel(std::shared_ptr<const kernels::PackedRows> weights, const FullyConnected& layer)
        : weights_(std::move(weights)), layer_(layer) {}

    void run(std::span<const float* const> inputs, float* output, std::byte*) override {
        kernels::spmv_f32_csr(*weights_, layer_.batch, inputs[0], output, layer_.relu, layer_.threads);
    }

  private:
    std::shared_ptr<const kernels::PackedRows> weights_;
    FullyConnected layer_;
};

/// Panels are what threads share if they come out even; otherwise each thread takes a part of the rows.
int parts_for(const FullyConnected& layer) {
    const kernels::Panels panels{layer.batch};
    const bool even = panels.count() % layer.threads == 0 && layer.batch % kernels::Panels::kWidth == 0;
    return even || panels.count() >= 4 * layer.threads ? 1 : layer.threads;
}

/// The layer on as many threads as are worth it for a kernel that takes one thread `single_us`.
FullyConnected shared(FullyConnected layer, double single_us) {
    layer.threads = useful_threads(single_us, layer.threads);
    return layer;
}

Candidate dense(LayerWeights& weights, const FullyConnected& layer, double single_us) {
    return {.name = "dense (oneDNN)",
            .predicted_us = shared_us(single_us, layer.threads),
            .make = [&weights, layer] { return make_dense(weights, layer); }};
}

Candidate spmm(LayerWeights& weights, const FullyConnected& layer, double single_us,
               std::int64_t block_columns) {
    const kernels::PackedRows::Blocking blocking{.block_columns = block_columns, .parts = parts_for(layer)};
    return {.name = "spmm_f32_panel " + kernels::spmm_f32_panel_instruction_set(),
            .input = Layout::panel,
            .output = Layout::panel,
            .sparse = true,
            .predicted_us = shared_us(single_us, layer.threads),
            .make = [&weights, layer, blocking] {
                return std::make_shared<SpmmKernel>(weights.packed(blocking), layer);
            }};
}

Candidate spmv(LayerWeights& weights, const FullyConnected& layer, double single_us) {
    const kernels::PackedRows::Blocking blocking{.block_columns = 65'536, .parts = layer.threads};
    return {.name = "spmv_f32_csr " + kernels::spmv_f32_csr_instruction_set(),
            .sparse = true,
            .predicted_us = shared_us(single_us, layer.threads),
            .make = [&weights, layer, blocking] {
                return std::make_shared<SpmvKernel>(weights.packed(blocking), layer);
            }};
}

}  // namespace

std::vector<Candidate> fully_connected(LayerWeights& weights, const FullyConnected& layer) {
    const LayerSize size{.batch = layer.batch,
                         .inputs = weights.inputs(),
                         .outputs = weights.outputs(),
                         .nonzeros = weights.nonzeros()};
    const double dense_us = predict_dense_us(size);
    const double spmm_us = predict_spmm_us(size);
    std::vector<Candidate> candidates = {
        dense(weights, shared(layer, dense_us), dense_us),
        spmm(weights, shared(layer, spmm_us), spmm_us, panel_block_columns(size)),
    };
    constexpr std::int64_t kLargestVectorBatch = 2;
    if (layer.batch <= kLargestVectorBatch) {
        const double spmv_us = predict_spmv_us(size);
        candidates.push_back(spmv(weights, shared(layer, spmv_us), spmv_us));
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
