// LinearClassifier (ai.onnx.ml 1): scores as of LinearRegressor, and the label of the largest one. One score
// s of two classes stands for 1 - s and s, with LOGISTIC for its functions of -s and s; above 0 it is the
// second.
#include <algorithm>

#include "graph/trees/linear.h"

namespace espalier::ops_::linear_classifier_ {
namespace {

constexpr const char* kInts = "classlabels_ints";

/// Scores before a second class is added.
std::int64_t scored(const Node& node) {
    const std::size_t intercepts = trees::real_numbers(node, "intercepts").size();
    return intercepts > 0 ? static_cast<std::int64_t>(intercepts) : trees::class_count(node, kInts);
}

void infer(InferContext& context) {
    const std::int64_t classes = trees::class_count(context.node(), kInts);
    const std::int64_t scores = scored(context.node());
    if (scores != classes && !(scores == 1 && classes == 2))
        context.fail(fmt::format("{} intercepts for {} classes", scores, classes));
    if (classes < 2) context.refuse("a classifier of one class is not supported");
    if (scores == 1 && trees::post_of(context.node()) == trees::PostTransform::probit)
        context.refuse("PROBIT of one score for two classes is not supported");
    trees::check_linear(context, scores, "intercepts");
    const Dim rows = trees::rows_of(context);
    context.set_output(0, {DType::i64, {rows}});
    context.set_output(1, {DType::f32, {rows, Dim(classes)}});
}

void evaluate(Evaluation& e) {
    const std::vector<std::int64_t> labels = trees::class_labels(e.node(), kInts);
    const auto given = static_cast<std::size_t>(scored(e.node()));
    const std::vector<float> scores = trees::linear_scores(e, static_cast<std::int64_t>(given), "intercepts");
    const auto post = trees::post_of(e.node());
    auto* label = e.result<std::int64_t>(0);
    float* to = e.result<float>(1);
    for (std::size_t row = 0; row * given < scores.size(); ++row) {
        const float* from = scores.data() + row * given;
        const std::span<float> out(to + row * labels.size(), labels.size());
        std::size_t best = given == 1 ? (from[0] > 0 ? 1U : 0U)
                                      : static_cast<std::size_t>(std::max_element(from, from + given) - from);
        *label++ = labels[best];
        std::copy_n(from, given, out.begin() + (given == 1 ? 1 : 0));
        if (given == 1 && post == trees::PostTransform::logistic) {
            out[0] = trees::logistic(-from[0]);
            out[1] = trees::logistic(from[0]);
            continue;
        }
        if (given == 1) {
            out[0] = 1 - from[0];
            continue;
        }
        trees::post_transform(post, out);
    }
}

}  // namespace

extern const Operator linear_classifier{.name = "LinearClassifier",
                                        .summary = "classes by linear functions",
                                        .outputs = 2,
                                        .infer = infer,
                                        .evaluate = evaluate,
                                        .domain = kMlDomain};

}  // namespace espalier::ops_::linear_classifier_
