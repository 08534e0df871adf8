#include "runtime/weights/linear_weights.h"

#include <algorithm>

#include "kernels/panel.h"
#include "runtime/cost_model.h"
#include "runtime/dense/onednn.h"

namespace espalier::runtime {

LayerWeights::LayerWeights(std::int64_t outputs, std::int64_t inputs, std::span<const float> w,
                           std::vector<float> bias)
    : outputs_(outputs), inputs_(inputs), w_(w), bias_(std::move(bias)) {
    nonzeros_ = std::count_if(w_.begin(), w_.end(), [](float value) { return value != 0.0F; });
}

LayerWeights::LayerWeights(std::int64_t outputs, std::int64_t inputs, std::vector<float>&& w,
                           std::vector<float> bias)
    : LayerWeights(outputs, inputs, std::span<const float>(w), std::move(bias)) {
    storage_ = std::move(w);
    w_ = storage_;
}

std::shared_ptr<const dnnl::memory> LayerWeights::onednn(const dnnl::memory::desc& wanted) {
    return forms_.get({row_major({outputs_, inputs_}), cpu_engine(), const_cast<float*>(w_.data())}, wanted);
}

std::shared_ptr<const dnnl::memory> LayerWeights::onednn_transposed(const dnnl::memory::desc& wanted) {
    const dnnl::memory::desc plain({inputs_, outputs_}, dnnl::memory::data_type::f32,
                                   dnnl::memory::dims{1, inputs_});
    return transposed_forms_.get({plain, cpu_engine(), const_cast<float*>(w_.data())}, wanted);
}

std::shared_ptr<const kernels::PackedRows> LayerWeights::packed(
    const kernels::PackedRows::Blocking& blocking) {
    std::erase_if(packed_, [](const Packed& form) { return form.rows.expired(); });
    for (const Packed& form : packed_) {
        const bool same =
            form.blocking.block_columns == blocking.block_columns && form.blocking.parts == blocking.parts;
        if (same) return form.rows.lock();
    }
    auto made = std::make_shared<const kernels::PackedRows>(outputs_, inputs_, w_, bias_, blocking);
    packed_.push_back({blocking, made});
    return made;
}

std::shared_ptr<const kernels::PackedRows> LayerWeights::packed_for_panels(std::int64_t rows) {
    return packed({.block_columns = panel_block_columns(density(), kernels::Panels{rows}.width(0))});
}

}  // namespace espalier::runtime
