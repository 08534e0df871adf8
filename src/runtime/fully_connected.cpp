#include "runtime/fully_connected.h"

#include "runtime/onednn.h"

namespace espalier::runtime {
namespace {

std::unique_ptr<Kernel> make_dense(LayerWeights& weights, const FullyConnected& layer) {
    using dnnl::inner_product_forward;
    const auto source = row_major({layer.batch, weights.inputs()});
    const auto target = row_major({layer.batch, weights.outputs()});
    const auto bias = row_major({weights.outputs()});
    const dnnl::memory::desc any({weights.outputs(), weights.inputs()}, dnnl::memory::data_type::f32,
                                 dnnl::memory::format_tag::any);
    const inner_product_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, source, any, bias, target}, attributes(layer.relu),
        cpu_engine());
    const dnnl::memory b(bias, cpu_engine(), const_cast<float*>(weights.bias().data()));
    return std::make_unique<OnednnKernel>(
        inner_product_forward(chosen), target, chosen.scratchpad_desc(),
        std::vector<OnednnKernel::Operand>{{DNNL_ARG_SRC, source, 0}},
        std::vector<OnednnKernel::Constant>{{DNNL_ARG_WEIGHTS, weights.onednn(chosen.weights_desc())},
                                            {DNNL_ARG_BIAS, b}});
}

}  // namespace

std::vector<Candidate> fully_connected(LayerWeights& weights, const FullyConnected& layer) {
    std::vector<Candidate> candidates;
    candidates.push_back(
        {.name = "dense (oneDNN)", .make = [&weights, layer] { return make_dense(weights, layer); }});
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
