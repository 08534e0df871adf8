// How a weight was pruned, found from where its zeros are.
#pragma once

#include <cstdint>
#include <string>

#include "espalier/prune.h"

namespace espalier::surgery {

struct Structure {
    /// "dense", or the granularity as a recipe writes it: "element", "2:4", "block 4x1", "filter", ...
    std::string granularity = "dense";
    /// Units of it, and how many are zero; 0 for "dense", "element" and N:M.
    std::int64_t units = 0;
    std::int64_t zero_units = 0;
    bool operator==(const Structure&) const = default;
};

/// The coarsest granularity whose zero units hold the zeros, up to one of a hundred: a weight may be zero by
/// itself. "dense" if fewer than one weight of a thousand is zero. N:M if no group keeps more than N and most
/// keep N.
Structure structure_of(const prune::Candidate& candidate);

}  // namespace espalier::surgery
