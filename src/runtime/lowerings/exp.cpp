// Exp: the exponential.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::exp_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_exp}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering exp{
    .name = "Exp", .summary = "exponential", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::exp_
