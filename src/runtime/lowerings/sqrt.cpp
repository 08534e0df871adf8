// Sqrt: the square root.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) { return eltwise(site, dnnl::algorithm::eltwise_sqrt); }

}  // namespace

extern const Lowering sqrt{.name = "Sqrt", .summary = "square root", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
