// MaxPool: the largest value under a window.
#include "runtime/dense/pooling.h"

namespace espalier::runtime::lowerings_::max_pool_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) { return pooling(site, Pool::max); }

}  // namespace

extern const Lowering max_pool{
    .name = "MaxPool", .summary = "largest value under a window", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::max_pool_
