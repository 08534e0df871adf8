#include "graph/trees/linear.h"

namespace espalier::trees {

void check_linear(const InferContext& context, std::int64_t outputs, const char* intercepts) {
    rows_of(context);
    if (outputs < 1) context.fail(fmt::format("it gives {} numbers a row", outputs));
    const auto coefficients = static_cast<std::int64_t>(real_numbers(context.node(), "coefficients").size());
    if (coefficients == 0 || coefficients % outputs != 0)
        context.fail(fmt::format("{} coefficients for {} numbers", coefficients, outputs));
    context.unify(Dim(coefficients / outputs), columns_of(context), "columns");
    const auto shifts = static_cast<std::int64_t>(real_numbers(context.node(), intercepts).size());
    if (shifts != 0 && shifts != outputs)
        context.fail(fmt::format("{} {} for {} numbers", shifts, intercepts, outputs));
    post_of(context.node());
}

std::vector<float> linear_scores(Evaluation& e, std::int64_t outputs, const char* intercepts) {
    const std::vector<double> weights = real_numbers(e.node(), "coefficients");
    const std::vector<double> shifts = real_numbers(e.node(), intercepts);
    std::vector<float> scores;
    with_rows(e, [&](const auto* x, std::int64_t rows, std::int64_t columns) {
        for (std::int64_t i = 0; i < rows * outputs; ++i) {
            const auto output = static_cast<std::size_t>(i % outputs);
            double sum = 0;
            for (std::int64_t c = 0; c < columns; ++c)
                sum += weights[output * static_cast<std::size_t>(columns) + static_cast<std::size_t>(c)] *
                       static_cast<double>(x[i / outputs * columns + c]);
            scores.push_back(static_cast<float>(sum + (shifts.empty() ? 0 : shifts[output])));
        }
    });
    return scores;
}

PostTransform post_of(const Node& node) {
    const std::string name = node.attribute_string("post_transform", "NONE");
    if (name == "NONE") return PostTransform::none;
    if (name == "SOFTMAX") return PostTransform::softmax;
    if (name == "LOGISTIC") return PostTransform::logistic;
    if (name == "SOFTMAX_ZERO") return PostTransform::softmax_zero;
    if (name == "PROBIT") return PostTransform::probit;
    fail(node, fmt::format("post_transform \"{}\" is not known", name));
}

}  // namespace espalier::trees
