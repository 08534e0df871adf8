// Tanh: the hyperbolic tangent.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::tanh_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_tanh}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering tanh{
    .name = "Tanh", .summary = "hyperbolic tangent", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::tanh_
