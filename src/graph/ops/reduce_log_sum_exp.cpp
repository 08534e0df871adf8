// ReduceLogSumExp: log(sum(exp(x))) over `axes` (default all), which stay as 1 unless keepdims = 0. The
// largest element is taken out of the sum, so that no exponential overflows.
#include <cmath>
#include <limits>

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_log_sum_exp_ {
namespace {

void evaluate(Evaluation& e) {
    struct Sum {
        double largest = -std::numeric_limits<double>::infinity();
        double scaled = 0;  // sum of exp(x - largest)
    };
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        reduce<T>(
            e, Sum{},
            [](Sum acc, T element) {
                const auto x = static_cast<double>(element);
                if (x == acc.largest) return Sum{x, acc.scaled + 1};
                if (x < acc.largest) return Sum{acc.largest, acc.scaled + std::exp(x - acc.largest)};
                return Sum{x, acc.scaled * std::exp(acc.largest - x) + 1};
            },
            [](const Sum& acc, std::int64_t) { return acc.largest + std::log(acc.scaled); });
    });
}

}  // namespace

extern const Operator reduce_log_sum_exp{.name = "ReduceLogSumExp",
                                         .summary = "logarithm of the sum of exponentials over dimensions",
                                         .infer = infer_reduction,
                                         .evaluate = evaluate,
                                         .couple = couple_reduction};

}  // namespace espalier::ops_::reduce_log_sum_exp_
