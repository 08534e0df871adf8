// A network of quantised values computed on real numbers: every value is rounded where the file quantises it,
// so results are those of the integers but for what f32 rounds in between. Rounding is fused behind the layer
// that gives the value, and no product saturates on processors without VNNI, which have only sums of i16.
#pragma once

#include <set>
#include <string>

#include "espalier/graph.h"

namespace espalier {

/// Pairs of QuantizeLinear and DequantizeLinear with one constant scale become
///   clip(round(x / scale), least - zero point, most - zero point) * scale,
/// also where the integers are only moved in between (Reshape, Transpose, MaxPool, ...). Other pairs stay.
void spell_rounding(Graph& graph);

/// MatMulInteger and ConvInteger with constant weights become MatMul and Conv of the same numbers as f32,
/// rounded and cast to i32: exact up to 2^24, then to 24 bits. Those whose output is `kept` stay.
void spell_integer_products(Graph& graph, const std::set<std::string>& kept = {});

}  // namespace espalier
