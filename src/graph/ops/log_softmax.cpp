// LogSoftmax (opset 13): y_i = x_i - log(sum_j exp(x_j)) along `axis` (default the last).
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::log_softmax_ {
namespace {

void infer(InferContext& context) {
    context.axis_attribute(-1, context.input(0).dims.size());
    infer_same_float(context);
}

template <class T>
void line(const T* x, T* y, std::int64_t step, std::int64_t length) {
    T largest = -std::numeric_limits<T>::infinity();
    for (std::int64_t i = 0; i < length; ++i) largest = std::max(largest, x[i * step]);
    double sum = 0;
    for (std::int64_t i = 0; i < length; ++i) sum += std::exp(static_cast<double>(x[i * step] - largest));
    const double shift = std::log(sum);
    for (std::int64_t i = 0; i < length; ++i)
        y[i * step] = static_cast<T>(static_cast<double>(x[i * step] - largest) - shift);
}

void evaluate(Evaluation& e) {
    const Shape& shape = e.input(0).shape();
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        lines(shape, e.axis(-1, shape.size()),
              [&](std::int64_t first, std::int64_t step, std::int64_t length) {
                  line(e.data<T>(0) + first, e.result<T>() + first, step, length);
              });
    });
}

void couple(Coupling& coupling) {
    couple_but_axis(coupling, axis_from_front(coupling, -1, coupling.output().size()));
}

}  // namespace

extern const Operator log_softmax{.name = "LogSoftmax",
                                  .summary = "logarithms of normalised exponentials",
                                  .infer = infer,
                                  .evaluate = evaluate,
                                  .couple = couple};

}  // namespace espalier::ops_::log_softmax_
