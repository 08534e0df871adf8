// Elu: x, or alpha * (exp(x) - 1) below 0.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) {
    return eltwise(site, dnnl::algorithm::eltwise_elu, site.node.attribute_float("alpha", 1));
}

}  // namespace

extern const Lowering elu{.name = "Elu", .summary = "exponential below 0", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
