// Hardmax (opset 13): 1 where the first of the largest elements along `axis` (default the last) is, else 0.
#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::hardmax_ {
namespace {

void infer(InferContext& context) {
    context.axis_attribute(-1, context.input(0).dims.size());
    infer_same_float(context);
}

template <class T>
void line(const T* x, T* y, std::int64_t step, std::int64_t length) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < length; ++i) {
        if (x[i * step] > x[best * step]) best = i;
    }
    if (length > 0) y[best * step] = 1;
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

extern const Operator hardmax{.name = "Hardmax",
                              .summary = "1 for the largest, else 0",
                              .infer = infer,
                              .evaluate = evaluate,
                              .couple = couple};

}  // namespace espalier::ops_::hardmax_
