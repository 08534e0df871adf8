// Whether a request can be met at all, asked before any work is done.
#pragma once

#include "espalier/prune.h"
#include "prune/scope.h"

namespace espalier::prune {

/// Throws InvalidArgument with what was got and what is expected.
void check(const Request& request, const Scope& scope);

}  // namespace espalier::prune
