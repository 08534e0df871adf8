// Equal: a == b, with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::equal_ {
namespace {

void infer(InferContext& context) {
    infer_broadcast(context);
    context.set_output(0, {DType::boolean, broadcast_all(context)});
}

void evaluate(Evaluation& e) {
    const auto equal = [](auto a, auto b) { return a == b; };
    if (e.dtype() == DType::boolean) {
        zip<bool, bool>(e, equal);
    } else {
        compare_numbers(e, equal);
    }
}

}  // namespace

extern const Operator equal{.name = "Equal",
                            .summary = "a == b",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .infer = infer,
                            .evaluate = evaluate,
                            .couple = couple_elements};

}  // namespace espalier::ops_::equal_
