// Layers between quantised values: DequantizeLinear -> Conv (Relu, Clip) -> QuantizeLinear and the like
// computed on the 8-bit integers themselves, functions of one of them (byte_functions.h), and products of
// what DynamicQuantizeLinear gives with the scales behind them. Such a layer is a node that is made up, with
// ONNX's or ONNX Runtime's name of it, and a lowering of its own (runtime/bytes).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "graph/analysis/readers.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

struct IntegerLayer {
    std::shared_ptr<const Node> node;  // gives what the last of `others` gives
    const Lowering* lowering = nullptr;
    std::vector<const Node*> others;  // that it stands for
    const Node* place = nullptr;      // of these the one in whose place it is computed; null: the first
};

class IntegerLayers {
  public:
    /// None.
    IntegerLayers() = default;
    /// `folded`: what constants alone decide has been computed; before, it is looked through.
    IntegerLayers(const Graph& graph, const std::map<std::string, ValueType>& types, const Readers& readers,
                  bool folded);

    /// The layer that is computed in the place of `node`, or null.
    const IntegerLayer* at(const Node& node) const {
        const auto found = layers_.find(&node);
        return found == layers_.end() ? nullptr : &found->second;
    }
    bool empty() const { return layers_.empty(); }
    /// Values that DequantizeLinear would make of the weights, which nothing needs.
    const std::set<std::string>& weights() const { return weights_; }
    /// What MatMulInteger and ConvInteger nodes give that are such layers.
    const std::set<std::string>& products() const { return products_; }

  private:
    friend class IntegerLayerFinder;
    std::map<const Node*, IntegerLayer> layers_;
    std::set<std::string> weights_, products_;
};

}  // namespace espalier::runtime
