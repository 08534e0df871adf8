// CastLike: the same numbers in the type of another value.
#include "graph/evaluation.h"
#include "tensor/convert.h"

namespace espalier::ops_::cast_like_ {
namespace {

void infer(InferContext& context) { context.set_output(0, {context.input(1).dtype, context.input(0).dims}); }

void evaluate(Evaluation& e) { e.set_output(0, converted(e.input(0), e.input(1).dtype())); }

}  // namespace

extern const Operator cast_like{.name = "CastLike",
                                .summary = "the same numbers in another value's type",
                                .min_inputs = 2,
                                .max_inputs = 2,
                                .infer = infer,
                                .evaluate = evaluate,
                                .takes_halves = true};

}  // namespace espalier::ops_::cast_like_
