// Log: natural logarithm.
#include "runtime/loops/unary.h"
#include "runtime/loops/vector_math.h"

namespace espalier::runtime::lowerings_::log_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = fast_log(x[i]);
}

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 4, compute); }

}  // namespace

extern const Lowering log{.name = "Log", .summary = "natural logarithm", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::log_
