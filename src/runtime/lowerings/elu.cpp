// Elu: x, or alpha * (exp(x) - 1) below 0.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::elu_ {
namespace {

std::vector<Function> functions(const Node& node, const Graph&) {
    return {{dnnl::algorithm::eltwise_elu, node.attribute_float("alpha", 1)}};
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering elu{
    .name = "Elu", .summary = "exponential below 0", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::elu_
