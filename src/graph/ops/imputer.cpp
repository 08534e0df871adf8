// Imputer (ai.onnx.ml 1): what equals the replaced value (NaN too) becomes the imputed value of its column.
#include <fmt/format.h>

#include <cmath>

#include "graph/trees/decode.h"
#include "graph/trees/rows.h"

namespace espalier::ops_::imputer_ {
namespace {

bool is_integer(DType dtype) { return dtype == DType::i64; }

std::vector<double> imputed(const Node& node, DType dtype) {
    if (!is_integer(dtype)) return trees::real_numbers(node, "imputed_value_floats");
    const auto values = node.attribute_ints("imputed_value_int64s", {});
    return {values.begin(), values.end()};
}

void infer(InferContext& context) {
    trees::rows_of(context);
    const DType dtype = context.input(0).dtype;
    const auto count = static_cast<std::int64_t>(imputed(context.node(), dtype).size());
    if (count == 0) context.fail(fmt::format("it has no imputed values of {}", name_of(dtype)));
    if (count != 1) context.unify(Dim(count), trees::columns_of(context), "imputed values");
    infer_same(context);
}

void evaluate(Evaluation& e) {
    const std::vector<double> values = imputed(e.node(), e.dtype());
    const std::int64_t columns = e.input(0).shape().back();
    const double replaced = is_integer(e.dtype())
                                ? static_cast<double>(e.node().attribute_int("replaced_value_int64", 0))
                                : static_cast<double>(e.node().attribute_float("replaced_value_float", 0));
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* x = e.data<T>(0);
        T* y = e.result<T>();
        for (std::int64_t i = 0; i < e.output().count(); ++i) {
            const auto wide = static_cast<double>(x[i]);
            const bool missing = std::isnan(replaced) ? std::isnan(wide) : wide == replaced;
            y[i] =
                missing
                    ? static_cast<T>(values[values.size() == 1 ? 0 : static_cast<std::size_t>(i % columns)])
                    : x[i];
        }
    });
}

}  // namespace

extern const Operator imputer{.name = "Imputer",
                              .summary = "missing values replaced",
                              .infer = infer,
                              .evaluate = evaluate,
                              .domain = kMlDomain};

}  // namespace espalier::ops_::imputer_
