// What the lowerings of 8-bit layers read of their nodes.
#pragma once

#include <optional>

#include "kernels/conv_i8/conv_i8.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

/// Scale and zero point.
struct Quantum {
    float scale = 1;
    kernels::ByteQuantum bytes = {};
};

/// Which of the step's operands is input `index` of the node; nothing if it is left out.
std::optional<std::size_t> operand_at(const Node& node, std::size_t index);

/// The constant at input `index`, null if it is left out.
const Tensor* constant_at(const LoweringContext& site, std::size_t index);

/// Of bytes of `dtype`, from inputs `scale` and `scale` + 1, constants.
Quantum quantum_at(const LoweringContext& site, std::size_t scale, DType dtype);

/// Integers of 8 bits as numbers; a single one counts for all of `count`.
std::vector<std::int32_t> integers_of(const Tensor* tensor, std::size_t count);

/// With bounds "low" and "high" in steps of what is given, of scale `y`.
kernels::ByteFinish finish_of(const LoweringContext& site, const std::optional<Quantum>& y);

}  // namespace espalier::runtime
