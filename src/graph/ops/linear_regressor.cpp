// LinearRegressor (ai.onnx.ml 1): y[t] = intercept[t] + sum_c coefficient[t][c] x[c], and a function behind.
#include <fmt/format.h>

#include "graph/trees/linear.h"

namespace espalier::ops_::linear_regressor_ {
namespace {

void infer(InferContext& context) {
    const std::int64_t targets = context.node().attribute_int("targets", 1);
    trees::check_linear(context, targets, "intercepts");
    context.set_output(0, {DType::f32, {trees::rows_of(context), Dim(targets)}});
}

void evaluate(Evaluation& e) {
    const std::int64_t targets = e.node().attribute_int("targets", 1);
    const std::vector<float> scores = trees::linear_scores(e, targets, "intercepts");
    std::ranges::copy(scores, e.result<float>());
    const auto post = trees::post_of(e.node());
    if (targets == 1 && post != trees::PostTransform::probit) return;
    for (std::int64_t row = 0; row < e.output().shape()[0]; ++row)
        trees::post_transform<float>(post,
                                     {e.result<float>() + row * targets, static_cast<std::size_t>(targets)});
}

}  // namespace

extern const Operator linear_regressor{.name = "LinearRegressor",
                                       .summary = "a linear function of a row",
                                       .infer = infer,
                                       .evaluate = evaluate,
                                       .domain = kMlDomain};

}  // namespace espalier::ops_::linear_regressor_
