// HardSwish: x times a line between 0 and 1.
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) {
    return eltwise(site, dnnl::algorithm::eltwise_hardswish);
}

}  // namespace

extern const Lowering hard_swish{
    .name = "HardSwish", .summary = "x times a line between 0 and 1", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
