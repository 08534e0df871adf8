// TreeEnsembleRegressor (ai.onnx.ml 1 and 3): sum, average, least or largest of the leaves that a row
// reaches.
#include <fmt/format.h>

#include "graph/trees/operators.h"
#include "graph/trees/rows.h"

namespace espalier::ops_::tree_ensemble_regressor_ {
namespace {

void infer(InferContext& context) {
    const std::int64_t targets = context.node().attribute_int("n_targets", 0);
    if (targets < 1) context.fail(fmt::format("n_targets={}", targets));
    context.set_output(0, {DType::f32, {trees::rows_of(context), Dim(targets)}});
}

void evaluate(Evaluation& e) { trees::evaluate_trees(e, 0); }

}  // namespace

extern const Operator tree_ensemble_regressor{.name = "TreeEnsembleRegressor",
                                              .summary = "numbers by trees",
                                              .infer = infer,
                                              .evaluate = evaluate,
                                              .heavy = true,
                                              .domain = kMlDomain,
                                              .check = trees::check_trees};

}  // namespace espalier::ops_::tree_ensemble_regressor_
