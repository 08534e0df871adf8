// Abs: the absolute value.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::abs_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_abs}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering abs{
    .name = "Abs", .summary = "absolute value", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::abs_
