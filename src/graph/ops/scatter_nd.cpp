// ScatterND: x with each slice of updates put where a tuple of indices, along the last dimension, names; with
// `reduction` it is added to, multiplied with, ... what is there.
#include <fmt/format.h>

#include "graph/computation/indexing.h"
#include "graph/computation/scatter.h"

namespace espalier::ops_::scatter_nd_ {
namespace {

void infer(InferContext& context) {
    scatter_reduction(context.node());
    context.require_integer(1);
    if (context.input(2).dtype != context.input(0).dtype) context.fail("updates are of another type");
    const Dims& x = context.input(0).dims;
    const Dims& indices = context.input(1).dims;
    if (indices.empty() || !indices.back().is_fixed()) context.refuse("tuples of unknown length");
    const std::int64_t tuple = indices.back().size();
    if (tuple < 1 || tuple > std::ssize(x))
        context.fail(fmt::format("tuples of {} indices into {}", tuple, to_string(x)));
    Dims expected(indices.begin(), indices.end() - 1);
    expected.insert(expected.end(), x.begin() + tuple, x.end());
    context.require_rank(2, expected.size(), "updates");
    for (std::size_t i = 0; i < expected.size(); ++i)
        context.unify(expected[i], context.input(2).dims[i], "updates");
    infer_same(context);
}

void evaluate(Evaluation& e) {
    e.set_output(0, e.input(0));
    const ScatterReduction reduction = scatter_reduction(e.node());
    const Shape& x = e.input(0).shape();
    const Shape& shape = e.input(1).shape();
    const auto tuple = static_cast<std::size_t>(shape.back());
    const std::int64_t slice = product_of(x, tuple, x.size());
    const std::int64_t tuples = product_of(shape, 0, shape.size() - 1);
    const auto indices = e.integers(1);
    scatter_types(e, reduction, [&](auto zero) {
        using T = decltype(zero);
        const T* update = reinterpret_cast<const T*>(e.input(2).bytes().data());
        T* y = reinterpret_cast<T*>(e.output().bytes().data());
        const std::int64_t* index = indices.data();
        for (std::int64_t i = 0; i < tuples; ++i) {
            std::int64_t at = 0;
            for (std::size_t k = 0; k < tuple; ++k) at = at * x[k] + checked_index(e, *index++, x[k]);
            for (std::int64_t k = 0; k < slice; ++k) scatter_into(y[at * slice + k], *update++, reduction);
        }
    });
}

}  // namespace

extern const Operator scatter_nd{.name = "ScatterND",
                                 .summary = "updates where tuples of indices name",
                                 .min_inputs = 3,
                                 .max_inputs = 3,
                                 .infer = infer,
                                 .evaluate = evaluate};

}  // namespace espalier::ops_::scatter_nd_
