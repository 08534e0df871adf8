// Abs: the absolute value.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) { return eltwise(site, dnnl::algorithm::eltwise_abs); }

}  // namespace

extern const Lowering abs{.name = "Abs", .summary = "absolute value", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
