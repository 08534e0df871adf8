// Tanh: the hyperbolic tangent.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) { return eltwise(site, dnnl::algorithm::eltwise_tanh); }

}  // namespace

extern const Lowering tanh{.name = "Tanh", .summary = "hyperbolic tangent", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
