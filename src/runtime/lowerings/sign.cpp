// Sign: -1, 0 or 1.
#include "runtime/loops/unary.h"

namespace espalier::runtime::lowerings_::sign_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = (x[i] > 0 ? 1.0F : 0.0F) - (x[i] < 0 ? 1.0F : 0.0F);
}

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 1, compute); }

}  // namespace

extern const Lowering sign{.name = "Sign", .summary = "-1, 0 or 1", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::sign_
