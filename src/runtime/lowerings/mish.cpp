// Mish: x * tanh(log(1 + exp(x))).
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) { return eltwise(site, dnnl::algorithm::eltwise_mish); }

}  // namespace

extern const Lowering mish{.name = "Mish", .summary = "x * tanh(softplus(x))", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
