// Relu: y = max(x, 0), where it could not be fused into the layer before.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::relu_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_relu}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering relu{
    .name = "Relu", .summary = "max(x, 0)", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::relu_
