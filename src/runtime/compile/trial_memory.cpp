#include "runtime/compile/trial_memory.h"

#include <algorithm>

#include "base/random.h"
#include "runtime/dense/image_layout.h"
#include "runtime/sparse/panel_layout.h"

namespace espalier::runtime {
namespace {

/// Floats of a value in its largest layout.
std::int64_t most(const Shape& shape) {
    if (!is_image(shape)) return element_count(shape);
    return static_cast<std::int64_t>(bytes_in(Layout::blocked, shape) / sizeof(float));
}

/// Enough for the input and the output of a layer with weights, in either layout: changes of layout are
/// timed in the same memory.
std::int64_t activation(const Layer& layer) {
    if (layer.weights == nullptr) return 0;
    return floats_in(Layout::panel, layer.batch, std::max(layer.weights->inputs(), layer.weights->outputs()));
}

}  // namespace

TrialMemory::TrialMemory(const LoweringContext& site, const Layer& layer) {
    std::size_t floats = 0;
    const auto reserve = [&](std::int64_t count) {
        const std::size_t at = floats;
        floats += (static_cast<std::size_t>(count) + 15) / 16 * 16;
        return at;
    };
    std::vector<Operand> operands = site.operands;
    operands.insert(operands.end(), site.summands.begin(), site.summands.end());
    std::vector<std::size_t> starts;
    for (const Operand& operand : operands) {
        const bool varies = operand.constant == nullptr;
        starts.push_back(reserve(varies ? std::max(most(operand.shape), activation(layer)) : 0));
    }
    const std::size_t output = reserve(std::max(most(site.output), activation(layer)));
    float* memory = reinterpret_cast<float*>(data_.at_least(floats * sizeof(float)));
    Random random(1, "bench");
    for (std::size_t i = 0; i < output; ++i) memory[i] = random.uniform();
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const Tensor* constant = operands[i].constant;
        operands_.push_back(constant == nullptr ? memory + starts[i]
                                                : reinterpret_cast<const float*>(constant->bytes().data()));
    }
    output_ = memory + output;
}

std::function<void()> TrialMemory::body(const Trial& trial) {
    std::byte* scratch = scratch_.emplace_back().at_least(trial.kernel->scratch_bytes());
    return [this, &trial, scratch] { trial.kernel->run(operands_, output_, scratch); };
}

}  // namespace espalier::runtime
