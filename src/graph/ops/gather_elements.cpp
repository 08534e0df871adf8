// GatherElements: for each position of the indices, the element of x at that position with its place along
// `axis` replaced by the index.
#include "graph/computation/indexing.h"
#include "graph/walk.h"

namespace espalier::ops_::gather_elements_ {
namespace {

void infer(InferContext& context) {
    const Dims& x = context.input(0).dims;
    const Dims& indices = context.input(1).dims;
    const std::size_t axis = context.axis_attribute(0, x.size());
    context.require_integer(1);
    context.require_rank(1, x.size(), "indices");
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (i != axis && x[i].is_fixed() && indices[i].is_fixed() && indices[i].size() > x[i].size())
            context.fail("indices of shape " + to_string(indices) + " into " + to_string(x));
    }
    context.set_output(0, {context.input(0).dtype, indices});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const std::size_t axis = e.axis(0, x.size());
    Shape strides = row_major_strides(x);
    const std::int64_t step = strides[axis];
    strides[axis] = 0;
    const auto indices = e.integers(1);
    as_bits(size_of(e.dtype()), [&](auto zero) {
        using T = decltype(zero);
        const T* from = reinterpret_cast<const T*>(e.input(0).bytes().data());
        T* y = reinterpret_cast<T*>(e.output().bytes().data());
        const std::int64_t* index = indices.data();
        walk<1>(e.input(1).shape(), {strides},
                [&](const auto& at) { *y++ = from[at[0] + checked_index(e, *index++, x[axis]) * step]; });
    });
}

}  // namespace

extern const Operator gather_elements{.name = "GatherElements",
                                      .summary = "the elements that indices name along one axis",
                                      .min_inputs = 2,
                                      .max_inputs = 2,
                                      .infer = infer,
                                      .evaluate = evaluate,
                                      .takes_halves = true};

}  // namespace espalier::ops_::gather_elements_
