// HardSwish: x times a line between 0 and 1.
#include "runtime/dense/eltwise.h"

namespace espalier::runtime::lowerings_::hard_swish_ {
namespace {

std::vector<Function> functions(const Node&, const Graph&) { return {{dnnl::algorithm::eltwise_hardswish}}; }

std::vector<Candidate> candidates(const LoweringContext& site) {
    return eltwise(site, functions(site.node, site.graph).front());
}

}  // namespace

extern const Lowering hard_swish{.name = "HardSwish",
                                 .summary = "x times a line between 0 and 1",
                                 .candidates = candidates,
                                 .functions = functions};

}  // namespace espalier::runtime::lowerings_::hard_swish_
