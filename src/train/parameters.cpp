#include "train/parameters.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace espalier::train {
namespace {

constexpr std::int64_t kWeightsPerThread = 16384;  // fewer are updated in the time a thread needs to wake

template <class Entries>
void check_masks(const prune::MaskSet& masks, const Entries& entries) {
    for (const auto& [name, mask] : masks) {
        const auto found = std::ranges::find(entries, name, [](const auto& entry) { return entry.name; });
        if (found == entries.end()) {
            throw InvalidArgument(fmt::format("mask \"{}\" belongs to no weight of the network", name));
        }
        const Shape shape = found->value.sizes().vec();
        if (shape != mask.shape()) {
            throw InvalidArgument(fmt::format("mask \"{}\" has shape {}, its weight {}", name,
                                              to_string(mask.shape()), to_string(shape)));
        }
    }
}

void add_movement(std::span<float> movement, const float* weight, const float* gradient) {
    for (std::size_t i = 0; i < movement.size(); ++i) movement[i] -= weight[i] * gradient[i];
}

bool is_positive_zero(float value) { return std::bit_cast<std::uint32_t>(value) == 0; }

}  // namespace

Parameters::Parameters(Executor& executor, const prune::MaskSet* masks, const Optimizer& optimizer,
                       Recipe::Optimizer settings)
    : optimizer_(optimizer), settings_(std::move(settings)) {
    for (auto& [name, value] : executor.parameters()) {
        Entry entry{.name = name, .value = value, .mask = {}, .movement = {}, .state = {}};
        for (int i = 0; i < optimizer.states; ++i) {
            entry.state[static_cast<std::size_t>(i)].assign(static_cast<std::size_t>(value.numel()), 0.0F);
        }
        entries_.push_back(std::move(entry));
    }
    if (masks != nullptr) set_masks(*masks);
}

void Parameters::set_masks(const prune::MaskSet& masks) {
    check_masks(masks, entries_);
    for (Entry& entry : entries_) {
        if (!masks.contains(entry.name)) continue;
        const prune::Mask& mask = masks.at(entry.name);
        entry.mask = mask.to_floats();
        mask.apply(floats(entry.value.detach()));
        for (auto& state : entry.state) {
            if (!state.empty()) mask.apply(state);
        }
        entry.value.mutable_grad().reset();
    }
}

void Parameters::accumulate_movement() {
    for (Entry& entry : entries_) entry.movement.assign(static_cast<std::size_t>(entry.value.numel()), 0.0F);
}

Weights Parameters::movement() const {
    Weights out;
    for (const Entry& entry : entries_) {
        if (entry.movement.empty()) continue;
        Tensor& sum = out.emplace(entry.name, Tensor(DType::f32, entry.value.sizes().vec())).first->second;
        std::ranges::copy(entry.movement, sum.f32().begin());
    }
    return out;
}

void Parameters::zero_gradients() {
    for (Entry& entry : entries_) entry.value.mutable_grad().reset();
}

void Parameters::update(double learning_rate) {
    const at::NoGradGuard no_grad;
    ++updates_;
    settings_.learning_rate = learning_rate;
    for (Entry& entry : entries_) {
        if (!entry.value.grad().defined()) continue;  // a weight that the loss does not depend on
        at::Tensor& gradient = entry.value.mutable_grad();
        if (!gradient.is_contiguous()) gradient = gradient.contiguous();
        float* weight = floats(entry.value.detach()).data();
        float* grad = floats(gradient).data();
        add_movement(entry.movement, weight, grad);
        at::parallel_for(
            0, entry.value.numel(), kWeightsPerThread, [&](std::int64_t begin, std::int64_t end) {
                ParameterStep step{.count = end - begin,
                                   .weight = weight + begin,
                                   .gradient = grad + begin,
                                   .mask = entry.mask.empty() ? nullptr : entry.mask.data() + begin};
                for (std::size_t i = 0; i < step.state.size(); ++i)
                    step.state[i] = entry.state[i].data() + begin;
                optimizer_.update(step, settings_, updates_);
            });
    }
}

bool Parameters::pruned_are_zero() const {
    for (const Entry& entry : entries_) {
        const std::span<const float> weight = floats(entry.value.detach());
        const at::Tensor gradient = entry.value.grad();
        for (std::size_t i = 0; i < entry.mask.size(); ++i) {
            if (entry.mask[i] != 0) continue;
            if (!is_positive_zero(weight[i])) return false;
            if (gradient.defined() && !is_positive_zero(floats(gradient)[i])) return false;
            for (const auto& state : entry.state) {
                if (!state.empty() && !is_positive_zero(state[i])) return false;
            }
        }
    }
    return true;
}

}  // namespace espalier::train
