// QuantizeLinear of f32 with one scale: q = saturate(round(x / scale) + zero point).
#include <cmath>
#include <limits>

#include "base/multiversion.h"
#include "runtime/loops/byte_quantisation.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::quantize_linear_ {
namespace {

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    return types.at(node.inputs[0]).dtype == DType::f32 &&
           has_one_scale(node, types, types.at(node.outputs[0]).dtype);
}

template <class T>
__attribute__((always_inline)) inline void quantise(const float* __restrict x, std::int64_t count,
                                                    float scale, float zero, T* __restrict y) {
    constexpr auto least = static_cast<float>(std::numeric_limits<T>::min());
    constexpr auto most = static_cast<float>(std::numeric_limits<T>::max());
    for (std::int64_t i = 0; i < count; ++i) {
        float value = std::nearbyint(x[i] / scale) + zero;
        value = value == value ? value : 0;
        value = value > least ? value : least;
        value = value < most ? value : most;
        y[i] = static_cast<T>(static_cast<std::int32_t>(value));
    }
}

ESPALIER_MULTIVERSION void to_u8(const float* x, std::int64_t count, float scale, float zero,
                                 std::uint8_t* y) {
    quantise(x, count, scale, zero, y);
}
ESPALIER_MULTIVERSION void to_i8(const float* x, std::int64_t count, float scale, float zero,
                                 std::int8_t* y) {
    quantise(x, count, scale, zero, y);
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const std::int64_t count = element_count(site.output);
    const bool is_unsigned = site.dtype == DType::u8;
    const bool zeros = site.operands.size() > 2;
    return {
        loops(count, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            const float scale = *inputs[1].f32();
            const float* x = inputs[0].f32() + begin;
            if (is_unsigned) {
                const auto zero = zeros ? static_cast<float>(*inputs[2].as<std::uint8_t>()) : 0.0F;
                to_u8(x, end - begin, scale, zero, output.as<std::uint8_t>() + begin);
            } else {
                const auto zero = zeros ? static_cast<float>(*inputs[2].as<std::int8_t>()) : 0.0F;
                to_i8(x, end - begin, scale, zero, output.as<std::int8_t>() + begin);
            }
        })};
}

}  // namespace

extern const Lowering quantize_linear{.name = "QuantizeLinear",
                                      .summary = "numbers as 8-bit integers",
                                      .candidates = candidates,
                                      .takes = takes,
                                      .all_outputs = true,
                                      .any_types = true};

}  // namespace espalier::runtime::lowerings_::quantize_linear_
