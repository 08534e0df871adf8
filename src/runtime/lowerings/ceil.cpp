// Ceil: smallest integer above.
#include <cmath>

#include "runtime/loops/unary.h"

namespace espalier::runtime::lowerings_::ceil_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = std::ceil(x[i]);
}

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 1, compute); }

}  // namespace

extern const Lowering ceil{.name = "Ceil", .summary = "smallest integer above", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::ceil_
