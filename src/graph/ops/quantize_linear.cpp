// QuantizeLinear: q = saturate(round(x / scale) + zero point), the nearest integer, even of two.
#include <fmt/format.h>

#include "graph/computation/quantisation.h"
#include "graph/evaluation.h"
#include "graph/onnx_dtype.h"
#include "tensor/convert.h"

namespace espalier::ops_::quantize_linear_ {
namespace {

DType stored_type(const InferContext& context) {
    const std::int64_t named = context.node().attribute_int("output_dtype", 0);
    if (context.has_input(2)) {
        const DType zero = context.input(2).dtype;
        if (named != 0 && from_onnx_dtype(named) != zero)
            context.fail(fmt::format("output_dtype={}, but the zero point holds {}", named, name_of(zero)));
        return zero;
    }
    if (named == 0) return DType::u8;
    const auto dtype = from_onnx_dtype(named);
    if (!dtype) context.refuse(fmt::format("output_dtype={}: this type is not supported", named));
    return *dtype;
}

void infer(InferContext& context) {
    if (context.input(0).dtype != DType::i32) context.require_float(0);
    if (context.input(1).dtype != DType::i32) context.require_float(1);
    const DType stored = stored_type(context);
    if (stored != DType::i8 && stored != DType::u8 && stored != DType::i16 && stored != DType::u16)
        context.refuse(fmt::format("integers of {} are not supported", name_of(stored)));
    check_scales(context, stored);
    context.set_output(0, {stored, context.input(0).dims});
}

void evaluate(Evaluation& e) {
    const Tensor x = converted(e.input(0), DType::f32);
    const Tensor scale = converted(e.input(1), DType::f32);
    const ScaleSpread spread = ScaleSpread::of(e.node(), x.shape(), scale.shape());
    e.integers_of(e.output_type(0).dtype, [&](auto type) {
        using T = decltype(type);
        const T* zero = e.has_input(2) ? e.data<T>(2) : nullptr;
        T* y = e.result<T>();
        for (std::int64_t i = 0; i < x.count(); ++i) {
            const auto at = static_cast<std::size_t>(spread(i));
            const float scaled = x.f32()[static_cast<std::size_t>(i)] / scale.f32()[at];
            y[i] = quantised<T>(scaled, zero == nullptr ? 0 : static_cast<std::int64_t>(zero[at]));
        }
    });
}

constexpr std::size_t kSettings[] = {1, 2};

}  // namespace

extern const Operator quantize_linear{.name = "QuantizeLinear",
                                      .summary = "numbers as small integers with a scale and a zero point",
                                      .min_inputs = 2,
                                      .max_inputs = 3,
                                      .infer = infer,
                                      .evaluate = evaluate,
                                      .heavy = true,
                                      .settings = kSettings,
                                      .couple = couple_scales};

}  // namespace espalier::ops_::quantize_linear_
