// What a graph says of values that were quantised: by which nodes and constants, and what follows them.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "graph/analysis/readers.h"

namespace espalier::runtime {

/// Functions behind a layer that bound what it gives, and the QuantizeLinear behind those.
struct Bounds {
    std::vector<const Node*> nodes = {};
    const Node* quantise = nullptr;
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

/// "" if it is left out.
std::string input_of(const Node& node, std::size_t index);

bool is_byte(DType dtype);

class QuantisedValues {
  public:
    /// `folded`: what constants alone decide has been computed; before, it is looked through.
    QuantisedValues(const Graph& graph, const std::map<std::string, ValueType>& types, const Readers& readers,
                    bool folded);

    /// The node that gives `value`; null for inputs and constants.
    const Node* maker(const std::string& value) const;
    const Tensor* constant(const std::string& value) const;
    /// One scale above 0 and at most one zero point, constants; what a file may have else is computed node by
    /// node.
    bool has_one_quantum(const Node& node) const;
    bool same_quantum(const Node& a, const Node& b) const;
    /// The DequantizeLinear that makes `value` of bytes that vary, or null.
    const Node* source_of(const std::string& value) const;
    /// The DequantizeLinear that makes the weight `value`, with one scale or one for each index of `axis`,
    /// for the one node that reads it; or null.
    const Node* weight_of(const std::string& value, std::int64_t axis) const;
    /// Left out, a constant, or what will be one: made of constants alone by a few nodes.
    bool is_bias(const std::string& value, int depth = 3) const;
    /// Without a QuantizeLinear: nothing.
    Bounds bounds_behind(const std::string& value) const;
    /// One number, or one for each column of `value`.
    bool repeats_along_rows(const std::string& bias, const std::string& value) const;
    /// The Add of a constant bias that alone reads `value`, or null.
    const Node* added_behind(const std::string& value) const;

    /// A constant of one element.
    bool is_number(const std::string& value) const;

  private:
    const Graph& graph_;
    const std::map<std::string, ValueType>& types_;
    const Readers& readers_;
    bool folded_;
    std::map<std::string, const Node*> makers_;
};

}  // namespace espalier::runtime
