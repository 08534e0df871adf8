// Layers whose input is quantised while the network runs, as dynamic quantisation writes them:
//   DynamicQuantizeLinear -> MatMulInteger or ConvInteger (-> Add of integers) -> Cast
//   -> Mul with both scales (-> Add)
#pragma once

#include <map>
#include <optional>
#include <string>

#include "runtime/fusion/integer_layers.h"
#include "runtime/fusion/quantised_values.h"

namespace espalier::runtime {

/// The layer that starts with `node`, whose others end with what gives its output; nothing if it is none.
std::optional<IntegerLayer> dynamic_layer(const Node& node, const QuantisedValues& values,
                                          const std::map<std::string, ValueType>& types,
                                          const Readers& readers);

}  // namespace espalier::runtime
