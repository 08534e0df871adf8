// Named tensors whose axes lie in another order: what a network's weights become where its units change
// places.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/tensor.h"

namespace espalier {

/// Of tensors by name, of their axes: what was at order[i] comes to index i.
using AxisOrders = std::map<std::string, std::map<std::size_t, std::vector<std::int64_t>>, std::less<>>;

/// Tensors that are not there are left out, and so are those without an order. Throws BadData where an order
/// does not have the length of its axis.
void reorder(NamedTensors& tensors, const AxisOrders& orders);

/// As they are kept in a file, and read from one. The latter throws BadData for what are no orders.
NamedTensors to_tensors(const AxisOrders& orders);
AxisOrders orders_from(const NamedTensors& tensors);

}  // namespace espalier
