// Relu: y = max(x, 0), where it could not be fused into the layer before.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) { return eltwise(site, dnnl::algorithm::eltwise_relu); }

}  // namespace

extern const Lowering relu{.name = "Relu", .summary = "max(x, 0)", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
