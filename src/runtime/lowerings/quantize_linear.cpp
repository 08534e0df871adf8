// QuantizeLinear of f32 with one scale: q = saturate(round(x / scale) + zero point).
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/multiversion.h"
#include "runtime/dense/image_layout.h"
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

/// Of a node whose scale and zero point are operands 1 and 2.
struct Quantise {
    bool is_unsigned, zeros;

    void operator()(Inputs inputs, const float* x, std::int64_t count, std::uint8_t* y) const {
        const float scale = *inputs[1].f32();
        if (is_unsigned) {
            to_u8(x, count, scale, zeros ? static_cast<float>(*inputs[2].as<std::uint8_t>()) : 0.0F, y);
        } else {
            to_i8(x, count, scale, zeros ? static_cast<float>(*inputs[2].as<std::int8_t>()) : 0.0F,
                  reinterpret_cast<std::int8_t*>(y));
        }
    }
};

/// From rows to channels last: some positions of all channels at a time.
Candidate to_channels_last(const Shape& shape, const Quantise& quantise) {
    const std::int64_t channels = shape[1];
    const std::int64_t positions = element_count(shape) / (shape[0] * channels);
    constexpr std::int64_t kTogether = 256;
    const std::int64_t parts = (positions + kTogether - 1) / kTogether;
    Candidate candidate = loops(
        shape[0] * parts, element_count(shape),
        [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            std::uint8_t bytes[kTogether];
            for (std::int64_t item = begin; item < end; ++item) {
                const std::int64_t first = item % parts * kTogether;
                const std::int64_t count = std::min(kTogether, positions - first);
                const float* x = inputs[0].f32() + item / parts * positions * channels + first;
                std::uint8_t* y = output.as<std::uint8_t>() + (item / parts * positions + first) * channels;
                for (std::int64_t c = 0; c < channels; ++c) {
                    quantise(inputs, x + c * positions, count, bytes);
                    for (std::int64_t i = 0; i < count; ++i) y[i * channels + c] = bytes[i];
                }
            }
        });
    candidate.output = Layout::channels_last;
    return candidate;
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const std::int64_t count = element_count(site.output);
    const Quantise quantise{site.dtype == DType::u8, site.operands.size() > 2};
    std::vector<Candidate> all = {
        loops(count, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            quantise(inputs, inputs[0].f32() + begin, end - begin, output.as<std::uint8_t>() + begin);
        })};
    if (!is_image(site.output)) return all;
    all.push_back(all.front());
    all.back().input = all.back().output = Layout::channels_last;
    all.push_back(to_channels_last(site.output, quantise));
    return all;
}

}  // namespace

extern const Lowering quantize_linear{.name = "QuantizeLinear",
                                      .summary = "numbers as 8-bit integers",
                                      .candidates = candidates,
                                      .takes = takes,
                                      .any_types = true};

}  // namespace espalier::runtime::lowerings_::quantize_linear_
