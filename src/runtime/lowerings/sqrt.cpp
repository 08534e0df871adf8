// Sqrt: the square root.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::sqrt_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_sqrt}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering sqrt{
    .name = "Sqrt", .summary = "square root", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::sqrt_
