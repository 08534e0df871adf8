// GlobalAveragePool: the mean of each channel.
#include "runtime/dense/pooling.h"
#include "runtime/lowering.h"
#include "runtime/reductions/mean_reduction.h"

namespace espalier::runtime::lowerings_::global_average_pool_ {
namespace {

std::vector<Candidate> candidates(const LoweringContext& site) {
    std::vector<bool> reduced(site.output.size(), true);
    reduced[0] = reduced[1] = false;
    std::vector<Candidate> all = pooling_of_all(site, Pool::mean);
    all.insert(all.begin(), mean_over(site.operands[0].shape, reduced));
    return all;
}

}  // namespace

extern const Lowering global_average_pool{
    .name = "GlobalAveragePool", .summary = "mean of each channel", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::global_average_pool_
