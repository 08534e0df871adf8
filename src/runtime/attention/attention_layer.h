// The lowering of nodes that attention_patterns() makes up, and how their attributes say what to compute.
#pragma once

#include "kernels/attention_f32/attention_f32.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

extern const Lowering kFusedAttention;

/// As attributes of a node, from which the lowering reads it again.
std::map<std::string, Attribute> attributes_of(const kernels::Attention& attention);

}  // namespace espalier::runtime
