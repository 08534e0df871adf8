// ReduceMean: the mean over `axes` (default all), which stay as 1 unless keepdims = 0.
#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_mean_ {
namespace {

void evaluate(Evaluation& e) {
    reduce_in_double(
        e, [](double x) { return x; },
        [](double sum, std::int64_t count) { return sum / static_cast<double>(count); });
}

}  // namespace

extern const Operator reduce_mean{.name = "ReduceMean",
                                  .summary = "mean over dimensions",
                                  .infer = infer_reduction,
                                  .evaluate = evaluate,
                                  .couple = couple_mean};

}  // namespace espalier::ops_::reduce_mean_
