// Gelu: by the error function, or its approximation by tanh.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) {
    const bool approximate = site.node.attribute_string("approximate", "none") == "tanh";
    return eltwise(site,
                   approximate ? dnnl::algorithm::eltwise_gelu_tanh : dnnl::algorithm::eltwise_gelu_erf);
}

}  // namespace

extern const Lowering gelu{
    .name = "Gelu", .summary = "x times a normal distribution's share below x", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
