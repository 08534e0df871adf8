#include "runtime/tuning/trial_memory.h"

#include <algorithm>

#include "base/random.h"
#include "runtime/dense/image_layout.h"
#include "runtime/sparse/panel_layout.h"

namespace espalier::runtime {
namespace {

/// Of a value in its largest layout.
std::size_t most_bytes(const Shape& shape, DType dtype) {
    if (is_image(shape) && dtype == DType::f32) return bytes_in(Layout::blocked, shape);
    return static_cast<std::size_t>(element_count(shape)) * size_of(dtype);
}

/// Enough for the input and the output of a layer with weights, in either layout: changes of layout are
/// timed in the same memory.
std::size_t activation_bytes(const Layer& layer) {
    if (!layer.has_panels()) return 0;
    const std::int64_t features = std::max(layer.weights->inputs(), layer.weights->outputs());
    return static_cast<std::size_t>(floats_in(Layout::panel, layer.batch, features)) * sizeof(float);
}

}  // namespace

TrialMemory::TrialMemory(const LoweringContext& site, const Layer& layer) {
    std::size_t total = 0;
    const auto reserve = [&](std::size_t bytes) {
        const std::size_t at = total;
        total += (bytes + Tensor::kAlignment - 1) / Tensor::kAlignment * Tensor::kAlignment;
        return at;
    };
    std::vector<OperandInfo> operands = site.operands;
    operands.insert(operands.end(), site.summands.begin(), site.summands.end());
    std::vector<std::size_t> starts;
    for (const OperandInfo& operand : operands) {
        const bool varies = operand.constant == nullptr;
        starts.push_back(reserve(
            varies ? std::max(most_bytes(operand.shape, operand.dtype), activation_bytes(layer)) : 0));
    }
    const std::size_t output =
        reserve(std::max(most_bytes(site.output, site.dtype), activation_bytes(layer)));
    std::byte* const memory = data_.at_least(total);
    Random random(1, "bench");
    auto* const numbers = reinterpret_cast<float*>(memory);
    for (std::size_t i = 0; i < output / sizeof(float); ++i) numbers[i] = random.uniform();
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const Tensor* constant = operands[i].constant;
        operands_.push_back(constant == nullptr ? Operand(memory + starts[i], operands[i].dtype)
                                                : Operand(constant->bytes().data(), constant->dtype()));
    }
    output_ = {memory + output, site.dtype};
}

std::function<void()> TrialMemory::body(const Trial& trial) {
    std::byte* scratch = scratch_.emplace_back().at_least(trial.kernel->scratch_bytes());
    return [this, &trial, scratch] { trial.kernel->run(operands_, {&output_, 1}, scratch); };
}

}  // namespace espalier::runtime
