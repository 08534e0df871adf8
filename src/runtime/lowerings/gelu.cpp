// Gelu: by the error function, or its approximation by tanh.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::gelu_ {
namespace {

std::vector<Function> functions(const Node& node, const Graph&) {
    const bool approximate = node.attribute_string("approximate", "none") == "tanh";
    return {{approximate ? dnnl::algorithm::eltwise_gelu_tanh : dnnl::algorithm::eltwise_gelu_erf}};
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering gelu{.name = "Gelu",
                           .summary = "x times a normal distribution's share below x",
                           .candidates = candidates,
                           .functions = functions};

}  // namespace espalier::runtime::lowerings_::gelu_
