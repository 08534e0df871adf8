#include "runtime/layer_weights.h"

#include <algorithm>

#include "runtime/onednn.h"

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

const dnnl::memory& LayerWeights::onednn(const dnnl::memory::desc& wanted) {
    for (const dnnl::memory& known : onednn_) {
        if (known.get_desc() == wanted) return known;
    }
    const dnnl::memory plain(row_major({outputs_, inputs_}), cpu_engine(), const_cast<float*>(w_.data()));
    return onednn_.emplace_back(reordered(plain, wanted));
}

}  // namespace espalier::runtime
