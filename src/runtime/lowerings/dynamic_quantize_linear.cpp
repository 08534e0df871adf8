// DynamicQuantizeLinear: u8 of the range that the input has, as src/graph/ops/dynamic_quantize_linear.cpp
// says.
#include <algorithm>
#include <cmath>

#include "base/multiversion.h"
#include "runtime/cost_model.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::dynamic_quantize_linear_ {
namespace {

struct Range {
    float least = 0, most = 0;  // 0 is in it
};

ESPALIER_MULTIVERSION Range range_of(const float* __restrict x, std::int64_t count) {
    constexpr std::int64_t kLanes = 32;  // independent minima, which the compiler keeps in vectors
    float least[kLanes] = {};
    float most[kLanes] = {};
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (std::int64_t k = 0; k < kLanes; ++k) {
            least[k] = x[i + k] < least[k] ? x[i + k] : least[k];
            most[k] = x[i + k] > most[k] ? x[i + k] : most[k];
        }
    }
    Range range;
    for (; i < count; ++i) range = {std::min(range.least, x[i]), std::max(range.most, x[i])};
    for (std::int64_t k = 0; k < kLanes; ++k)
        range = {std::min(range.least, least[k]), std::max(range.most, most[k])};
    return range;
}

ESPALIER_MULTIVERSION void quantise(const float* __restrict x, std::int64_t count, float scale, float zero,
                                    std::uint8_t* __restrict y) {
    for (std::int64_t i = 0; i < count; ++i) {
        float value = std::nearbyint(x[i] / scale) + zero;
        value = value > 0 ? value : 0;  // NaN too
        value = value < 255 ? value : 255;
        y[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(value));
    }
}

class Dynamic final : public Kernel {
  public:
    Dynamic(std::int64_t count, std::vector<bool> given) : count_(count), given_(std::move(given)) {}

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        const float* x = inputs[0].f32();
        const Range range = range_of(x, count_);
        const float scale = range.least == range.most ? 1.0F : (range.most - range.least) / 255.0F;
        const float zero = std::min(255.0F, std::nearbyint(-range.least / scale));
        std::size_t at = 0;
        if (given_[0]) quantise(x, count_, scale, zero, outputs[at++].as<std::uint8_t>());
        if (given_[1]) *outputs[at++].as<float>() = scale;
        if (given_[2]) *outputs[at].as<std::uint8_t>() = static_cast<std::uint8_t>(zero);
    }

  private:
    std::int64_t count_;
    std::vector<bool> given_;
};

std::vector<Candidate> candidates(const LoweringContext& site) {
    std::vector<bool> given(3, false);
    for (std::size_t i = 0; i < site.node.outputs.size(); ++i) given[i] = !site.node.outputs[i].empty();
    const std::int64_t count = element_count(site.operands[0].shape);
    return {{.name = "loops", .single_us = 8 * predict_element_us(count), .make = [count, given](int) {
                 return std::make_shared<Dynamic>(count, given);
             }}};
}

}  // namespace

extern const Lowering dynamic_quantize_linear{.name = "DynamicQuantizeLinear",
                                              .summary = "u8 of the range that the numbers have",
                                              .candidates = candidates,
                                              .all_outputs = true,
                                              .any_types = true};

}  // namespace espalier::runtime::lowerings_::dynamic_quantize_linear_
