// Round: to the nearest integer, halves to the even one.
#include <cmath>

#include "runtime/loops/unary.h"

namespace espalier::runtime::lowerings_::round_ {
namespace {

ESPALIER_MULTIVERSION void compute(const float* __restrict x, float* __restrict y, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = std::nearbyint(x[i]);
}

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_round}}; }

std::vector<Candidate> candidates(const LoweringContext& site) { return mapped(site, 1, compute); }

}  // namespace

extern const Lowering round{.name = "Round",
                            .summary = "to the nearest integer, halves to the even one",
                            .candidates = candidates,
                            .functions = functions};

}  // namespace espalier::runtime::lowerings_::round_
