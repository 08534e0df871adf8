// Softplus: log(1 + exp(x)).
#include "runtime/loops/unary.h"
#include "runtime/loops/vector_math.h"

namespace espalier::runtime::lowerings_::softplus_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        const float value = x[i];
        const float above = value > 0 ? value : 0.0F;
        y[i] = above + fast_log1p(bounded_exp(value > 0 ? -value : value));
    }
}

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 6, compute); }

}  // namespace

extern const Lowering softplus{.name = "Softplus", .summary = "log(1 + exp(x))", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::softplus_
