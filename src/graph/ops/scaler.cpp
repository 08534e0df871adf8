// Scaler (ai.onnx.ml 1): (x - offset) * scale, each one number or one a column; gives f32.
#include <fmt/format.h>

#include "graph/trees/decode.h"
#include "graph/trees/rows.h"

namespace espalier::ops_::scaler_ {
namespace {

void infer(InferContext& context) {
    trees::rows_of(context);
    for (const char* key : {"offset", "scale"}) {
        const auto count = static_cast<std::int64_t>(trees::real_numbers(context.node(), key).size());
        if (count == 0) context.fail(fmt::format("it has no {}", key));
        if (count != 1) context.unify(Dim(count), trees::columns_of(context), key);
    }
    context.set_output(0, {DType::f32, context.input(0).dims});
}

void evaluate(Evaluation& e) {
    const std::vector<double> offset = trees::real_numbers(e.node(), "offset");
    const std::vector<double> scale = trees::real_numbers(e.node(), "scale");
    float* y = e.result<float>();
    trees::with_rows(e, [&](const auto* x, std::int64_t rows, std::int64_t columns) {
        using T = std::remove_cv_t<std::remove_pointer_t<decltype(x)>>;
        for (std::int64_t i = 0; i < rows * columns; ++i) {
            const auto c = static_cast<std::size_t>(i % columns);
            const T shift = static_cast<T>(offset[offset.size() == 1 ? 0 : c]);
            y[i] = static_cast<float>((x[i] - shift) * static_cast<T>(scale[scale.size() == 1 ? 0 : c]));
        }
    });
}

}  // namespace

extern const Operator scaler{.name = "Scaler",
                             .summary = "(x - offset) * scale",
                             .infer = infer,
                             .evaluate = evaluate,
                             .domain = kMlDomain};

}  // namespace espalier::ops_::scaler_
