// Trilu: the upper (or lower) triangle of each matrix, from the k-th diagonal on; 0 elsewhere.
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::trilu_ {
namespace {

void infer(InferContext& context) {
    if (context.input(0).dims.size() < 2)
        context.fail("input of shape " + to_string(context.input(0).dims) + ", expected matrices");
    if (context.has_input(1)) context.constant_int(1);  // throws if it is not one integer
    infer_same(context);
}

void evaluate(Evaluation& e) {
    const Shape& shape = e.input(0).shape();
    const std::int64_t rows = shape[shape.size() - 2];
    const std::int64_t columns = shape.back();
    const std::int64_t diagonal = e.has_input(1) ? e.integers(1).front() : 0;
    const bool upper = e.node().attribute_int("upper", 1) != 0;
    as_bits(size_of(e.dtype()), [&](auto zero) {
        using T = decltype(zero);
        const T* x = reinterpret_cast<const T*>(e.input(0).bytes().data());
        T* y = reinterpret_cast<T*>(e.output().bytes().data());
        for (std::int64_t i = 0; i < e.input(0).count(); ++i) {
            // Compared without a sum that could overflow.
            const std::int64_t right = i % columns - i / columns % rows;
            if (upper ? right >= diagonal : right <= diagonal) y[i] = x[i];
        }
    });
}

}  // namespace

extern const Operator trilu{.name = "Trilu",
                            .summary = "a triangle of each matrix",
                            .max_inputs = 2,
                            .infer = infer,
                            .evaluate = evaluate,
                            .takes_halves = true};

}  // namespace espalier::ops_::trilu_
