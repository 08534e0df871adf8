// Not: of a boolean.
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::not_ {
namespace {

void infer(InferContext& context) {
    context.require_boolean(0);
    infer_same(context);
}

void evaluate(Evaluation& e) {
    bool* y = e.result<bool>();
    for (const bool x : e.input(0).as<bool>()) *y++ = !x;
}

}  // namespace

extern const Operator not_{.name = "Not",
                           .summary = "true where it is false",
                           .infer = infer,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::not_
