// LeakyRelu: x, or alpha * x below 0.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::leaky_relu_ {
namespace {

std::vector<Function> functions(const Node& node, const Graph&) {
    return {{dnnl::algorithm::eltwise_relu, node.attribute_float("alpha", 0.01F)}};
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering leaky_relu{.name = "LeakyRelu",
                                 .summary = "a smaller slope below 0",
                                 .candidates = candidates,
                                 .functions = functions};

}  // namespace espalier::runtime::lowerings_::leaky_relu_
