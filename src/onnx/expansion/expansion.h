// One operator spelled as several: what the upgrades of fused and quantised operators build with.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "onnx/upgrade.h"

namespace espalier::onnx {

using Inputs = std::vector<std::string>;
using Attributes = std::map<std::string, Attribute>;

class Expansion {
  public:
    Expansion(Rewriter& to, const Node& node) : to_(to), node_(node) {}

    Rewriter& rewriter() { return to_; }
    const Node& node() const { return node_; }
    /// The name of input `index`; "" if it is left out.
    std::string input(std::size_t index) const {
        return index < node_.inputs.size() ? node_.inputs[index] : "";
    }
    bool has_input(std::size_t index) const { return !input(index).empty(); }
    bool has_output(std::size_t index) const {
        return index < node_.outputs.size() && !node_.outputs[index].empty();
    }
    DType dtype(std::size_t index) const { return to_.input_type(node_, index).dtype; }
    const Dims& dims(std::size_t index) const { return to_.input_type(node_, index).dims; }

    /// The last dimension of input `index`. Throws Unsupported if it has none.
    Dim last(std::size_t index) const;

    /// A node with one output; gives its name.
    std::string add(std::string op, Inputs inputs, Attributes attributes = {});
    /// One that gives output `index` of the operator that is spelled.
    void finish(std::string op, Inputs inputs, Attributes attributes = {}, std::size_t index = 0);

    std::string ints(const std::vector<std::int64_t>& values) { return to_.add_ints(node_, "sizes", values); }
    std::string scalar(DType dtype, float value);
    std::string constant(Tensor tensor) { return to_.add_constant(node_, "constant", std::move(tensor)); }

    /// Throws Unsupported if the node has an attribute that is not named here.
    void only(std::initializer_list<std::string_view> keys) const;
    /// Throws Unsupported: node "x": SkipLayerNormalization with <what> is not supported
    [[noreturn]] void refuse(const std::string& what) const;
    /// Throws Unsupported if output `index` or one behind it is asked for.
    void no_outputs_from(std::size_t index) const;

    // Quantised values: scale and zero point are the node's inputs `scale` and `scale + 1`.
    std::string dequantised(std::size_t value, std::size_t scale, std::int64_t axis = -1);
    std::string dequantised(const std::string& value, std::size_t scale, std::int64_t axis = -1);
    /// As the node's first output.
    void finish_quantised(const std::string& value, std::size_t scale);

  private:
    Rewriter& to_;
    const Node& node_;
    int made_ = 0;
};

}  // namespace espalier::onnx
