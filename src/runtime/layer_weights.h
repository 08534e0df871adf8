// The constant part of a layer y = relu(W x + b): W [outputs, inputs], b [outputs]. One object a layer,
// shared by the plans for all batch sizes; every form a kernel wants is made once, on first use.
#pragma once

#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <span>
#include <vector>

#include "espalier/graph.h"

namespace espalier::runtime {

class LayerWeights {
  public:
    /// Weights that stay where they are; `w` must outlive this object.
    LayerWeights(std::int64_t outputs, std::int64_t inputs, std::span<const float> w,
                 std::vector<float> bias);
    /// Weights that had to be transposed or scaled.
    LayerWeights(std::int64_t outputs, std::int64_t inputs, std::vector<float>&& w, std::vector<float> bias);
    LayerWeights(const LayerWeights&) = delete;
    LayerWeights& operator=(const LayerWeights&) = delete;

    std::int64_t outputs() const { return outputs_; }
    std::int64_t inputs() const { return inputs_; }
    std::int64_t nonzeros() const { return nonzeros_; }
    std::span<const float> w() const { return w_; }
    std::span<const float> bias() const { return bias_; }

    /// W in the layout a oneDNN primitive asks for.
    const dnnl::memory& onednn(const dnnl::memory::desc& wanted);

  private:
    std::int64_t outputs_;
    std::int64_t inputs_;
    std::vector<float> storage_;
    std::span<const float> w_;
    std::vector<float> bias_;
    std::int64_t nonzeros_ = 0;
    std::vector<dnnl::memory> onednn_;
};

/// LayerWeights by node.
class WeightCache {
  public:
    template <class Make>
    LayerWeights& get(const Node& node, const Make& make) {
        std::unique_ptr<LayerWeights>& entry = layers_[&node];
        if (!entry) entry = make();
        return *entry;
    }
    /// Null if the node has no constant weights.
    const LayerWeights* find(const Node& node) const {
        const auto found = layers_.find(&node);
        return found == layers_.end() ? nullptr : found->second.get();
    }

  private:
    std::map<const Node*, std::unique_ptr<LayerWeights>> layers_;
};

}  // namespace espalier::runtime
