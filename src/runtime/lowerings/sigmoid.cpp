// Sigmoid: 1 / (1 + exp(-x)).
#include "runtime/eltwise.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) {
    return eltwise(site, dnnl::algorithm::eltwise_logistic);
}

}  // namespace

extern const Lowering sigmoid{.name = "Sigmoid", .summary = "1 / (1 + exp(-x))", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
