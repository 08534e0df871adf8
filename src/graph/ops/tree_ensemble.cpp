// TreeEnsemble (ai.onnx.ml 5): numbers by trees, with tests of membership and doubles throughout.
#include <fmt/format.h>

#include "graph/trees/operators.h"
#include "graph/trees/rows.h"

namespace espalier::ops_::tree_ensemble_ {
namespace {

void infer(InferContext& context) {
    const std::int64_t targets = context.node().attribute_int("n_targets", 1);
    if (targets < 1) context.fail(fmt::format("n_targets={}", targets));
    const DType dtype = context.input(0).dtype;
    if (dtype != DType::f32 && dtype != DType::f64)
        context.refuse(fmt::format("TreeEnsemble of {} is not supported", name_of(dtype)));
    context.set_output(0, {dtype, {trees::rows_of(context), Dim(targets)}});
}

void evaluate(Evaluation& e) { trees::evaluate_trees(e, 0); }

}  // namespace

extern const Operator tree_ensemble{.name = "TreeEnsemble",
                                    .summary = "numbers by trees, with sets",
                                    .infer = infer,
                                    .evaluate = evaluate,
                                    .heavy = true,
                                    .domain = kMlDomain,
                                    .check = trees::check_trees};

}  // namespace espalier::ops_::tree_ensemble_
