// DequantizeLinear: x = (q - zero point) * scale.
#include <fmt/format.h>

#include "graph/computation/quantisation.h"
#include "graph/evaluation.h"
#include "graph/onnx_dtype.h"
#include "tensor/convert.h"

namespace espalier::ops_::dequantize_linear_ {
namespace {

void infer(InferContext& context) {
    const DType stored = context.input(0).dtype;
    if (stored != DType::i8 && stored != DType::u8 && stored != DType::i16 && stored != DType::u16 &&
        stored != DType::i32) {
        context.fail(fmt::format("input 0 holds {}, expected integers of 8, 16 or 32 bits", name_of(stored)));
    }
    context.require_float(1);
    check_scales(context, stored);
    DType dtype = context.input(1).dtype;
    if (const std::int64_t named = context.node().attribute_int("output_dtype", 0); named != 0) {
        const auto given = from_onnx_dtype(named);
        if (given != DType::f32 && given != DType::f16 && given != DType::bf16)
            context.refuse(fmt::format("output_dtype={}: this type is not supported", named));
        dtype = *given;
    }
    context.set_output(0, {dtype, context.input(0).dims});
}

void evaluate(Evaluation& e) {
    const Tensor scale = converted(e.input(1), DType::f32);
    const ScaleSpread spread = ScaleSpread::of(e.node(), e.input(0).shape(), scale.shape());
    Tensor y(DType::f32, e.input(0).shape());
    e.integers_of(e.dtype(), [&](auto type) {
        using T = decltype(type);
        const auto q = e.input(0).as<T>();
        const T* zero = e.has_input(2) ? e.data<T>(2) : nullptr;
        for (std::size_t i = 0; i < q.size(); ++i) {
            const auto at = static_cast<std::size_t>(spread(static_cast<std::int64_t>(i)));
            const auto from = zero == nullptr ? 0 : static_cast<std::int64_t>(zero[at]);
            y.f32()[i] = static_cast<float>(static_cast<std::int64_t>(q[i]) - from) * scale.f32()[at];
        }
    });
    e.set_output(0, converted(y, e.output_type(0).dtype));
}

constexpr std::size_t kSettings[] = {1, 2};

}  // namespace

// Heavy, as its output takes four times the memory: a file stays as small as it came.
extern const Operator dequantize_linear{.name = "DequantizeLinear",
                                        .summary = "the numbers that small integers stand for",
                                        .min_inputs = 2,
                                        .max_inputs = 3,
                                        .infer = infer,
                                        .evaluate = evaluate,
                                        .heavy = true,
                                        .settings = kSettings,
                                        .couple = couple_scales};

}  // namespace espalier::ops_::dequantize_linear_
