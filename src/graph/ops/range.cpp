// Range: start, start + delta, ... up to but without limit.
#include <fmt/format.h>

#include <cmath>

#include "graph/evaluation.h"
#include "tensor/convert.h"

namespace espalier::ops_::range_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    for (std::size_t i = 0; i < 3; ++i) {
        if (context.input(i).dims.size() > 1) context.require_rank(i, 0, "an input of Range");
        if (!context.input(i).dims.empty())
            context.unify(Dim(1), context.input(i).dims[0], "an input of Range");
    }
    Dim count;
    const Tensor* start = context.constant(0);
    const Tensor* limit = context.constant(1);
    const Tensor* delta = context.constant(2);
    if (start != nullptr && limit != nullptr && delta != nullptr) {
        const auto number = [](const Tensor& tensor) {
            return converted(tensor, DType::f64).as<double>()[0];
        };
        const double length = std::ceil((number(*limit) - number(*start)) / number(*delta));
        if (number(*delta) == 0 || !(length < 1e15)) context.fail("a range without end");
        count = Dim(static_cast<std::int64_t>(std::max(length, 0.0)));
    }
    context.set_output(0, {context.input(0).dtype, {count}});
}

void evaluate(Evaluation& e) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T start = *e.data<T>(0);
        const T delta = *e.data<T>(2);
        std::int64_t i = 0;
        for (T& y : e.output().as<T>()) y = static_cast<T>(start + static_cast<T>(i++) * delta);
    });
}

}  // namespace

extern const Operator range{.name = "Range",
                            .summary = "numbers from a start to a limit",
                            .min_inputs = 3,
                            .max_inputs = 3,
                            .infer = infer,
                            .evaluate = evaluate};

}  // namespace espalier::ops_::range_
