// What ArgMax and ArgMin share.
#pragma once

#include "graph/computation/reduction.h"

namespace espalier {

inline void infer_extreme(InferContext& context) {
    Dims out = context.input(0).dims;
    const std::size_t axis = context.axis_attribute(0, out.size());
    if (out[axis] == Dim(0)) context.fail("no elements along the axis");
    out[axis] = Dim(1);
    if (context.node().attribute_int("keepdims", 1) == 0)
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(axis));
    context.set_output(0, {DType::i64, std::move(out)});
}

/// `better(x, best)`: x comes before the best element so far.
template <class Better>
void find_extreme(Evaluation& e, const Better& better) {
    const bool last = e.node().attribute_int("select_last_index", 0) != 0;
    const Shape& shape = e.input(0).shape();
    e.numbers(e.dtype(), [&](auto zero) {
        std::int64_t* y = e.result<std::int64_t>();
        lines(shape, e.axis(0, shape.size()),
              [&](std::int64_t first, std::int64_t step, std::int64_t length) {
                  const auto* x = e.data<decltype(zero)>(0) + first;
                  std::int64_t best = 0;
                  for (std::int64_t i = 1; i < length; ++i) {
                      if (better(x[i * step], x[best * step]) || (last && x[i * step] == x[best * step]))
                          best = i;
                  }
                  *y++ = best;
              });
    });
}

}  // namespace espalier
