// Neg: -x.
#include "runtime/loops/unary.h"

namespace espalier::runtime::lowerings_::neg_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = -x[i];
}

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 1, compute); }

}  // namespace

extern const Lowering neg{.name = "Neg", .summary = "-x", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::neg_
