// PRelu (He et al. 2015): y = x for x >= 0, slope * x below; the slope is repeated to the shape of x.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::prelu_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    const Dims dims = broadcast_all(context);
    if (dims.size() != context.input(0).dims.size()) {
        context.fail("a slope of shape " + to_string(context.input(1).dims) + " does not broadcast to " +
                     to_string(context.input(0).dims));
    }
    for (std::size_t i = 0; i < dims.size(); ++i) context.unify(context.input(0).dims[i], dims[i], "slope");
    infer_same(context);
}

void evaluate(Evaluation& e) {
    zip_numbers(e, [](auto x, auto slope) {
        return x < 0 ? wrapping(x, slope, [](auto a, auto b) { return a * b; }) : x;
    });
}

}  // namespace

extern const Operator prelu{.name = "PRelu",
                            .summary = "a learned slope below 0",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .infer = infer,
                            .evaluate = evaluate,
                            .couple = couple_elements};

}  // namespace espalier::ops_::prelu_
