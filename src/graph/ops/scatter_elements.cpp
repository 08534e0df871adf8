// ScatterElements: x with each update put, along `axis`, to the place that the index at the same position
// names; with `reduction` it is added to, multiplied with, ... what is there.
#include "graph/computation/indexing.h"
#include "graph/computation/scatter.h"

namespace espalier::ops_::scatter_elements_ {
namespace {

void infer(InferContext& context) {
    scatter_reduction(context.node());
    const Dims& x = context.input(0).dims;
    const std::size_t axis = context.axis_attribute(0, x.size());
    context.require_integer(1);
    if (context.input(2).dtype != context.input(0).dtype) context.fail("updates are of another type");
    context.require_rank(1, x.size(), "indices");
    context.require_rank(2, x.size(), "updates");
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Dim& indices = context.input(1).dims[i];
        context.unify(indices, context.input(2).dims[i], "updates");
        if (i != axis && x[i].is_fixed() && indices.is_fixed() && indices.size() > x[i].size())
            context.fail("indices of shape " + to_string(context.input(1).dims) + " into " + to_string(x));
    }
    infer_same(context);
}

void evaluate(Evaluation& e) {
    e.set_output(0, e.input(0));
    const ScatterReduction reduction = scatter_reduction(e.node());
    const Shape& x = e.input(0).shape();
    const Shape& sizes = e.input(1).shape();
    const std::size_t axis = e.axis(0, x.size());
    Shape strides = row_major_strides(x);
    const std::int64_t step = strides.empty() ? 1 : strides[axis];
    if (!strides.empty()) strides[axis] = 0;
    const auto indices = e.integers(1);
    scatter_types(e, reduction, [&](auto zero) {
        using T = decltype(zero);
        const T* update = reinterpret_cast<const T*>(e.input(2).bytes().data());
        T* y = reinterpret_cast<T*>(e.output().bytes().data());
        const std::int64_t* index = indices.data();
        walk<1>(sizes, {strides}, [&](const auto& at) {
            scatter_into(y[at[0] + checked_index(e, *index++, x[axis]) * step], *update++, reduction);
        });
    });
}

}  // namespace

extern const Operator scatter_elements{.name = "ScatterElements",
                                       .summary = "updates at the places that indices name",
                                       .min_inputs = 3,
                                       .max_inputs = 3,
                                       .infer = infer,
                                       .evaluate = evaluate};

}  // namespace espalier::ops_::scatter_elements_
