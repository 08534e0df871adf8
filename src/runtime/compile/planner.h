// From a graph and the shapes of its inputs to a program.
#pragma once

#include "runtime/compile/build_program.h"

namespace espalier::runtime {

/// Times the candidates of every layer, chooses, and with Choice::measured keeps all layers dense unless the
/// whole program is measured to be faster. Throws Unsupported, naming the node.
Plan make_plan(const CompileContext& setting);

}  // namespace espalier::runtime
