// The constant parts of layers, shared by the plans of a session.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/weights/conv_weights.h"
#include "runtime/weights/linear_weights.h"

namespace espalier::runtime {

/// Room for the weights of one layer, which is of one kind or the other, or of none.
class WeightSlot {
  public:
    template <class Make>
    LayerWeights& linear(const Make& make) {
        if (!linear_) linear_ = make();
        return *linear_;
    }
    template <class Make>
    ConvWeights& convolution(const Make& make) {
        if (!convolution_) convolution_ = make();
        return *convolution_;
    }
    /// Null if none were made.
    LayerWeights* linear() const { return linear_.get(); }
    ConvWeights* convolution() const { return convolution_.get(); }

  private:
    std::unique_ptr<LayerWeights> linear_;
    std::unique_ptr<ConvWeights> convolution_;
};

/// Slots by the names of all values that the weights are made of: what the layer's nodes give, and every
/// constant that they absorb. The same node absorbs other constants at other input shapes.
class WeightCache {
  public:
    using Key = std::vector<std::string>;

    WeightSlot& at(const Key& key) { return slots_[key]; }

  private:
    std::map<Key, WeightSlot> slots_;
};

}  // namespace espalier::runtime
