// Sigmoid: 1 / (1 + exp(-x)).
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::sigmoid_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_logistic}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering sigmoid{
    .name = "Sigmoid", .summary = "1 / (1 + exp(-x))", .candidates = candidates, .functions = functions};

}  // namespace espalier::runtime::lowerings_::sigmoid_
