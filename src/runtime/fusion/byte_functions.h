// Functions of one quantised value: DequantizeLinear -> element-wise nodes -> QuantizeLinear is a table of
// 256 bytes, whatever lies between, values that are quantised on the way included. An example is x *
// sigmoid(x), as five nodes:
//   x -> DequantizeLinear -> Sigmoid -> QuantizeLinear -> DequantizeLinear -> Mul (with x) -> QuantizeLinear
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/fusion/quantised_values.h"

namespace espalier::runtime {

struct ByteFunction {
    std::string bytes;                 // of which it is a function
    std::vector<const Node*> sources;  // DequantizeLinear nodes of these bytes
    std::vector<const Node*> inside;   // between those and the QuantizeLinear, in the graph's order
    Tensor table;                      // [256], byte by byte, of the type that is given
};

class ByteFunctions {
  public:
    ByteFunctions(const Graph& graph, const std::map<std::string, ValueType>& types, const Readers& readers,
                  const QuantisedValues& values);

    /// The one that ends in `quantise`; nothing if there is none, or nodes of it are `taken`, by others.
    std::optional<ByteFunction> ending_in(const Node& quantise,
                                          const std::map<const Node*, const Node*>& taken) const;

  private:
    struct Walk {
        std::set<const Node*> sources, inside;
    };
    bool collect(const std::string& value, Walk& walk) const;
    bool reach_one_value(Walk& walk) const;
    bool is_closed(const Walk& walk, const Node& quantise) const;
    Tensor table_of(const ByteFunction& function, const Node& quantise) const;

    const std::map<std::string, ValueType>& types_;
    const Readers& readers_;
    const QuantisedValues& values_;
    std::map<const Node*, std::size_t> order_;
};

}  // namespace espalier::runtime
