// DequantizeLinear of 8-bit integers with one scale: x = (q - zero point) * scale.
#include "base/multiversion.h"
#include "runtime/dense/image_layout.h"
#include "runtime/loops/byte_quantisation.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::dequantize_linear_ {
namespace {

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    return types.at(node.outputs[0]).dtype == DType::f32 &&
           has_one_scale(node, types, types.at(node.inputs[0]).dtype);
}

template <class T>
__attribute__((always_inline)) inline void dequantise(const T* __restrict q, std::int64_t count, float scale,
                                                      std::int32_t zero, float* __restrict x) {
    for (std::int64_t i = 0; i < count; ++i)
        x[i] = static_cast<float>(static_cast<std::int32_t>(q[i]) - zero) * scale;
}

ESPALIER_MULTIVERSION void of_u8(const std::uint8_t* q, std::int64_t count, float scale, std::int32_t zero,
                                 float* x) {
    dequantise(q, count, scale, zero, x);
}
ESPALIER_MULTIVERSION void of_i8(const std::int8_t* q, std::int64_t count, float scale, std::int32_t zero,
                                 float* x) {
    dequantise(q, count, scale, zero, x);
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const std::int64_t count = element_count(site.output);
    const bool is_unsigned = site.operands[0].dtype == DType::u8;
    const bool zeros = site.operands.size() > 2;
    std::vector<Candidate> all = {
        loops(count, count, [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            const float scale = *inputs[1].f32();
            float* x = output.f32() + begin;
            if (is_unsigned) {
                const std::int32_t zero = zeros ? *inputs[2].as<std::uint8_t>() : 0;
                of_u8(inputs[0].as<std::uint8_t>() + begin, end - begin, scale, zero, x);
            } else {
                const std::int32_t zero = zeros ? *inputs[2].as<std::int8_t>() : 0;
                of_i8(inputs[0].as<std::int8_t>() + begin, end - begin, scale, zero, x);
            }
        })};
    if (is_image(site.output)) {
        all.push_back(all.front());
        all.back().input = all.back().output = Layout::channels_last;
    }
    return all;
}

}  // namespace

extern const Lowering dequantize_linear{.name = "DequantizeLinear",
                                        .summary = "the numbers that 8-bit integers stand for",
                                        .candidates = candidates,
                                        .takes = takes,
                                        .any_types = true};

}  // namespace espalier::runtime::lowerings_::dequantize_linear_
