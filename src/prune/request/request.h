// Whether a request can be met at all, asked before any work is done.
#pragma once

#include <optional>
#include <vector>

#include "espalier/prune.h"
#include "prune/criterion.h"
#include "prune/scope.h"
#include "prune/units/granularity.h"

namespace espalier::prune {

/// The names of a request, looked up.
struct Choices {
    Grain grain;
    const Criterion& criterion;
    const UnitNorm& norm;
    const Scope& scope;

    bool is_pattern() const { return grain.granularity.tile == nullptr; }
};

/// Throws InvalidArgument on a name that is not known, with the nearest one that is.
Choices look_up(const Request& request);

/// Throws InvalidArgument with what was got and what is expected.
void check(const Request& request, const Choices& choices);

/// Throws InvalidArgument unless the weights are there, named once, and of the size of their shapes and
/// masks.
void check_weights(std::span<const Candidate> weights, const MaskSet* current);

/// For each weight its own target, if it has one. Throws InvalidArgument on a name or pattern that matches
/// nothing, and where two patterns match one weight.
std::vector<std::optional<double>> own_targets(const Request& request);

}  // namespace espalier::prune
