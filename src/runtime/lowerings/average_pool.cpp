// AveragePool: the mean under a window, of the image alone or with its padding.
#include "runtime/dense/pooling.h"

namespace espalier::runtime::lowerings_::average_pool_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    const bool counts_padding = site.node.attribute_int("count_include_pad", 0) != 0;
    return pooling(site, counts_padding ? Pool::mean_with_padding : Pool::mean);
}

}  // namespace

extern const Lowering average_pool{
    .name = "AveragePool", .summary = "mean under a window", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::average_pool_
