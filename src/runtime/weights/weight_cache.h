// The constant parts of layers, shared by the plans of a session.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/weights/byte_weights.h"
#include "runtime/weights/layer_weights.h"

namespace espalier::runtime {

/// Room for the weights of one layer, which has none or the same each time.
class WeightSlot {
  public:
    template <class Make>
    LayerWeights& at_first(const Make& make) {
        if (!weights_) weights_ = make();
        return *weights_;
    }
    /// Of a layer of 8-bit integers.
    template <class Make>
    const ByteWeights& bytes_at_first(const Make& make) {
        if (!bytes_) bytes_ = std::make_unique<ByteWeights>(make());
        return *bytes_;
    }
    /// Null if none were made.
    LayerWeights* get() const { return weights_.get(); }
    const ByteWeights* bytes() const { return bytes_.get(); }

  private:
    std::unique_ptr<LayerWeights> weights_;
    std::unique_ptr<ByteWeights> bytes_;
};

/// Slots by the names of all values that the weights are made of: what the layer's nodes give, and every
/// constant that they absorb. In one graph a name is one value for good. The same node absorbs other
/// constants at other input shapes.
class WeightCache {
  public:
    using Key = std::vector<std::string>;

    WeightSlot& at(const Key& key) { return slots_[key]; }

  private:
    std::map<Key, WeightSlot> slots_;
};

}  // namespace espalier::runtime
