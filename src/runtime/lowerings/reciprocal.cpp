// Reciprocal: 1 / x.
#include "runtime/loops/unary.h"

namespace espalier::runtime::lowerings_::reciprocal_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = 1.0F / x[i];
}

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 1, compute); }

}  // namespace

extern const Lowering reciprocal{.name = "Reciprocal", .summary = "1 / x", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::reciprocal_
