#include "runtime/weights/conv_weights.h"

#include <algorithm>

namespace espalier::runtime {

ConvWeights::ConvWeights(Shape shape, std::span<const float> w, std::vector<float> bias)
    : shape_(std::move(shape)), w_(w), bias_(std::move(bias)) {
    nonzeros_ = std::count_if(w_.begin(), w_.end(), [](float value) { return value != 0.0F; });
    const auto desc = row_major({static_cast<std::int64_t>(bias_.size())});
    bias_memory_ = std::make_shared<const dnnl::memory>(desc, cpu_engine(), bias_.data());
}

ConvWeights::ConvWeights(Shape shape, std::vector<float>&& w, std::vector<float> bias)
    : ConvWeights(std::move(shape), std::span<const float>(w), std::move(bias)) {
    storage_ = std::move(w);
    w_ = storage_;
}

std::shared_ptr<const dnnl::memory> ConvWeights::onednn(const dnnl::memory::desc& wanted) {
    return forms_.get({row_major(shape_), cpu_engine(), const_cast<float*>(w_.data())}, wanted);
}

}  // namespace espalier::runtime
