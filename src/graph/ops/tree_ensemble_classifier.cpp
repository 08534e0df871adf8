// TreeEnsembleClassifier (ai.onnx.ml 1 and 3): the class with the largest sum over the leaves that a row
// reaches, and the scores of all classes. Labels that are strings are positions among the class names.
#include "graph/trees/operators.h"
#include "graph/trees/rows.h"

namespace espalier::ops_::tree_ensemble_classifier_ {
namespace {

void infer(InferContext& context) {
    const Dim rows = trees::rows_of(context);
    context.set_output(0, {DType::i64, {rows}});
    context.set_output(1, {DType::f32, {rows, Dim(trees::class_count(context.node()))}});
}

void evaluate(Evaluation& e) { trees::evaluate_trees(e, 1); }

}  // namespace

extern const Operator tree_ensemble_classifier{.name = "TreeEnsembleClassifier",
                                               .summary = "classes by trees",
                                               .outputs = 2,
                                               .infer = infer,
                                               .evaluate = evaluate,
                                               .heavy = true,
                                               .domain = kMlDomain,
                                               .check = trees::check_trees};

}  // namespace espalier::ops_::tree_ensemble_classifier_
