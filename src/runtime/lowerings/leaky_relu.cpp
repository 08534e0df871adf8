// LeakyRelu: x, or alpha * x below 0.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) {
    return eltwise(site, dnnl::algorithm::eltwise_relu, site.node.attribute_float("alpha", 0.01F));
}

}  // namespace

extern const Lowering leaky_relu{
    .name = "LeakyRelu", .summary = "a smaller slope below 0", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
