// Floor: largest integer below.
#include <cmath>

#include "runtime/loops/unary.h"

namespace espalier::runtime::lowerings_::floor_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = std::floor(x[i]);
}

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 1, compute); }

}  // namespace

extern const Lowering floor{.name = "Floor", .summary = "largest integer below", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::floor_
