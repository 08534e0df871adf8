// Cast between f32 and f16, from f32 to i32, and from integers and booleans to f32; other pairs by the plain
// computation.
#include <bit>
#include <cstdint>
#include <limits>

#include "base/multiversion.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::cast_ {
namespace {

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    const DType from = types.at(node.inputs[0]).dtype;
    const DType to = types.at(node.outputs[0]).dtype;
    if (to == DType::f16 || to == DType::i32) return from == DType::f32;
    return to == DType::f32 && (from == DType::f16 || from == DType::i64 || from == DType::i32 ||
                                from == DType::boolean || from == DType::u8 || from == DType::i8);
}

/// Exponent and mantissa move by 13 bits, and the exponent's bias is 112 more. Small halves have no exponent:
/// their mantissa counts units of 2^-24. (As f32 of those bits they would be denormal, which counts as zero
/// in a run.)
ESPALIER_MULTIVERSION void widen(const std::uint16_t* __restrict x, std::int64_t count, float* __restrict y) {
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint32_t bits = x[i];
        const std::uint32_t size = (bits & 0x7fffU) << 13U;
        const auto mantissa = static_cast<float>(static_cast<std::int32_t>(bits & 0x3ffU));
        const std::uint32_t small = std::bit_cast<std::uint32_t>(mantissa * 0x1p-24F);
        const std::uint32_t infinite = size | 0x7f800000U;  // and what is no number
        const std::uint32_t normal = size < 0x0f800000U ? size + 0x38000000U : infinite;
        const std::uint32_t kept = size < 0x00800000U ? small : normal;
        y[i] = std::bit_cast<float>(kept | ((bits & 0x8000U) << 16U));
    }
}

/// To the nearest half, even of two. Small ones: adding 0.5 leaves 24 bits behind the point.
ESPALIER_MULTIVERSION void narrow(const float* __restrict x, std::int64_t count,
                                  std::uint16_t* __restrict y) {
    for (std::int64_t i = 0; i < count; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(x[i]);
        const std::uint32_t size = bits & 0x7fffffffU;
        const std::uint32_t small =
            std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) + 0.5F) - 0x3f000000U;
        const std::uint32_t normal = (size + 0xfffU + ((size >> 13U) & 1U) - 0x38000000U) >> 13U;
        std::uint32_t half = size < 0x38800000U ? small : normal;
        half = size >= 0x477ff000U ? 0x7c00U : half;
        half = size > 0x7f800000U ? 0x7e00U : half;
        y[i] = static_cast<std::uint16_t>(half | ((bits >> 16U) & 0x8000U));
    }
}

/// Towards zero; the nearest bound where that does not fit, 0 for NaN.
ESPALIER_MULTIVERSION void truncate(const float* __restrict x, std::int64_t count,
                                    std::int32_t* __restrict y) {
    constexpr float kBelow = 2147483520.0F;  // the largest that fits
    for (std::int64_t i = 0; i < count; ++i) {
        float value = x[i];
        value = value == value ? value : 0.0F;
        value = value > -2147483648.0F ? value : -2147483648.0F;
        const std::int32_t whole = static_cast<std::int32_t>(value < kBelow ? value : kBelow);
        y[i] = value > kBelow ? std::numeric_limits<std::int32_t>::max() : whole;
    }
}

template <class T>
void to_f32(const Operand& input, const Result& output, std::int64_t begin, std::int64_t end) {
    const T* x = input.as<T>();
    float* y = output.f32();
    for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<float>(x[i]);
}

void convert(const Operand& input, const Result& output, std::int64_t begin, std::int64_t end) {
    switch (input.dtype) {
        case DType::f32:
            if (output.dtype == DType::i32)
                return truncate(input.f32() + begin, end - begin, output.as<std::int32_t>() + begin);
            return narrow(input.f32() + begin, end - begin, output.as<std::uint16_t>() + begin);
        case DType::f16:
            return widen(input.as<std::uint16_t>() + begin, end - begin, output.f32() + begin);
        case DType::i64:
            return to_f32<std::int64_t>(input, output, begin, end);
        case DType::i32:
            return to_f32<std::int32_t>(input, output, begin, end);
        case DType::i8:
            return to_f32<std::int8_t>(input, output, begin, end);
        default:
            return to_f32<std::uint8_t>(input, output, begin, end);  // booleans are 0 or 1
    }
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const std::int64_t count = element_count(site.output);
    return {
        loops(count, count, [](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            convert(inputs[0], output, begin, end);
        })};
}

}  // namespace

extern const Lowering cast{.name = "Cast",
                           .summary = "the same numbers in another type",
                           .candidates = candidates,
                           .takes = takes,
                           .all_outputs = true,
                           .any_types = true};

}  // namespace espalier::runtime::lowerings_::cast_
