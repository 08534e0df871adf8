// Exp: the exponential.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) { return eltwise(site, dnnl::algorithm::eltwise_exp); }

}  // namespace

extern const Lowering exp{.name = "Exp", .summary = "exponential", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
