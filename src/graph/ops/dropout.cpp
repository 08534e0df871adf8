// Dropout (Srivastava et al. 2014): in training y = x * m / (1 - ratio), each m 0 with probability `ratio`
// and otherwise 1; else y = x. Whether a network trains is for who executes it: the trainer does not read
// `training_mode`, and running refuses it unless the ratio is 0.
#include <algorithm>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "tensor/convert.h"

namespace espalier::ops_::dropout_ {
namespace {

void infer(InferContext& context) {
    for (std::size_t i = 1; i < 3; ++i) {
        if (context.has_input(i) && !context.input(i).dims.empty()) {
            context.fail((i == 1 ? "ratio has shape " : "training_mode has shape ") +
                         to_string(context.input(i).dims) + ", expected a scalar");
        }
    }
    infer_same(context);
    context.set_output(1, {DType::boolean, context.input(0).dims});
}

void evaluate(Evaluation& e) {
    const bool trains = e.has_input(2) && e.input(2).dtype() == DType::boolean && *e.data<bool>(2);
    const bool drops = !e.has_input(1) || converted(e.input(1), DType::f32).f32()[0] != 0;
    if (trains && drops) e.refuse("Dropout in training mode");
    e.set_output(0, e.input(0));
    std::ranges::fill(e.output(1).as<bool>(), true);
}

}  // namespace

extern const Operator dropout{.name = "Dropout",
                              .summary = "random zeros in training, a copy otherwise",
                              .min_inputs = 1,
                              .max_inputs = 3,
                              .outputs = 2,
                              .infer = infer,
                              .evaluate = evaluate,
                              .takes_halves = true,
                              .couple = couple_elements};

}  // namespace espalier::ops_::dropout_
