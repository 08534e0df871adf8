// Normalizer (ai.onnx.ml 1): a row over its largest element (MAX), sum of magnitudes (L1) or length (L2); a
// row of norm 0 stays (MAX, L2: what it gives is 0). Gives f32.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/trees/rows.h"

namespace espalier::ops_::normalizer_ {
namespace {

void infer(InferContext& context) {
    trees::rows_of(context);
    const std::string norm = context.node().attribute_string("norm", "MAX");
    if (norm != "MAX" && norm != "L1" && norm != "L2")
        context.fail(fmt::format("norm \"{}\" is not known", norm));
    context.set_output(0, {DType::f32, context.input(0).dims});
}

float norm_of(const std::string& norm, const float* x, std::int64_t count) {
    float sum = norm == "MAX" ? std::numeric_limits<float>::lowest() : 0;
    for (std::int64_t i = 0; i < count; ++i) {
        if (norm == "MAX") sum = std::max(sum, x[i]);
        if (norm == "L1") sum += std::abs(x[i]);
        if (norm == "L2") sum += x[i] * x[i];
    }
    return norm == "L2" ? std::sqrt(sum) : sum;
}

void evaluate(Evaluation& e) {
    const std::string norm = e.node().attribute_string("norm", "MAX");
    float* y = e.result<float>();
    trees::with_rows(e, [&](const auto* x, std::int64_t rows, std::int64_t columns) {
        std::copy_n(x, rows * columns, y);
        for (float* row = y; row != y + rows * columns; row += columns) {
            const float divisor = norm_of(norm, row, columns);
            if (divisor == 0) continue;
            for (std::int64_t i = 0; i < columns; ++i) row[i] /= divisor;
        }
    });
}

}  // namespace

extern const Operator normalizer{.name = "Normalizer",
                                 .summary = "rows over their norm",
                                 .infer = infer,
                                 .evaluate = evaluate,
                                 .domain = kMlDomain};

}  // namespace espalier::ops_::normalizer_
