// Nodes without a fast form: their plain computation (graph/evaluation.h) as a step of a program.
#pragma once

#include "runtime/lowering.h"

namespace espalier::runtime {

/// Stands for the lowering of any operator.
extern const Lowering kEvaluated;

}  // namespace espalier::runtime
