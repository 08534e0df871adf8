// Size: the number of elements.
#include "graph/evaluation.h"

namespace espalier::ops_::size_ {
namespace {

void infer(InferContext& context) { context.set_output(0, {DType::i64, {}}); }

std::optional<Elements> trace(const InferContext& context) {
    return Elements{Element::of(product(context, context.input(0).dims))};
}

void evaluate(Evaluation& e) { *e.result<std::int64_t>() = e.input(0).count(); }

}  // namespace

extern const Operator size{.name = "Size",
                           .summary = "the number of elements",
                           .infer = infer,
                           .evaluate = evaluate,
                           .takes_halves = true,
                           .trace = trace};

}  // namespace espalier::ops_::size_
