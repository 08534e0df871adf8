// Mish: x * tanh(log(1 + exp(x))).
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::mish_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_mish}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering mish{
    .name = "Mish", .summary = "x * tanh(softplus(x))", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::mish_
