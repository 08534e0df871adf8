#include "train/loop/parameters.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "prune/units/granularity.h"

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

const at::Tensor& contiguous_gradient(at::Tensor& value) {
    at::Tensor& gradient = value.mutable_grad();
    if (!gradient.is_contiguous()) gradient = gradient.contiguous();
    return gradient;
}

void add_movement(std::span<float> movement, std::span<const float> weight, std::span<const float> gradient) {
    for (std::size_t i = 0; i < movement.size(); ++i) movement[i] -= weight[i] * gradient[i];
}

/// The units of `granularity` in a weight.
prune::Tiling groups_of(const PrunableWeight& weight, Shape shape, const std::string& granularity) {
    prune::Candidate candidate;
    candidate.name = weight.name;
    candidate.shape = std::move(shape);
    candidate.output_axis = weight.output_axis;
    candidate.form = weight.form;
    if (!weight.form.order.empty())
        throw Unsupported(
            fmt::format("group lasso of \"{}\": its layer reads it in another order", weight.name));
    const prune::Layout layout = prune::layout_of(candidate);
    const prune::Grain grain = prune::parse_grain(granularity);
    if (grain.granularity.tile == nullptr) {
        throw InvalidArgument(
            fmt::format("group lasso needs units, and granularity \"{}\" is a pattern", granularity));
    }
    return {layout, grain.granularity.tile(grain.arguments, candidate, layout)};
}

bool is_positive_zero(float value) { return std::bit_cast<std::uint32_t>(value) == 0; }

}  // namespace

Parameters::Parameters(Executor& executor, const Graph& graph, const prune::MaskSet* masks,
                       const Recipe& recipe)
    : optimizer_(optimizers().get(recipe.train.optimizer.name)),
      settings_(recipe.train.optimizer),
      greatest_norm_(recipe.train.clip_gradient) {
    for (auto& [name, value] : executor.parameters()) {
        Entry entry{.name = name,
                    .value = value,
                    .mask = {},
                    .movement = {},
                    .state = {},
                    .groups = {},
                    .latent = {},
                    .nodes_before = executor.nodes_before(name)};
        for (int i = 0; i < optimizer_.states; ++i) {
            entry.state[static_cast<std::size_t>(i)].assign(static_cast<std::size_t>(value.numel()), 0.0F);
        }
        entries_.push_back(std::move(entry));
    }
    for (const Regularizer* regularizer : regularizers()) {
        const double strength = recipe.regularize.*regularizer->strength;
        if (strength > 0) penalties_.push_back({regularizer, static_cast<float>(strength)});
    }
    if (!penalties_.empty()) {
        for (const PrunableWeight& weight : prunable(graph, recipe.prune.include)) {
            const auto entry = std::ranges::find(entries_, weight.name, &Entry::name);
            const std::vector<std::int64_t> shape = entry->value.sizes().vec();
            // The kept weights of a sparse layer are one row, and each its own group.
            entry->groups = executor.sparse(weight.name) != nullptr
                                ? prune::Tiling({.rows = 1, .cols = shape[0]}, {1, 1})
                                : groups_of(weight, shape, recipe.regularize.group);
        }
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

void Parameters::train_latents(const LatentTraining& training, double decay) {
    const at::NoGradGuard no_grad;
    for (Entry& entry : entries_) {
        if (!training.budgets.contains(entry.name)) {
            if (training.kind.freezes_others) entry.value.set_requires_grad(false);
            continue;
        }
        const std::span<float> weight = floats(entry.value.detach());
        entry.latent.emplace(training, entry.name, entry.value.sizes().vec(), weight, decay);
        entry.latent->write(weight);
        entry.groups.reset();  // penalties are of weights, not of scores
    }
}

prune::MaskSet Parameters::latent_masks(prune::MaskSet masks) const {
    for (const Entry& entry : entries_) {
        if (entry.latent) masks.insert(entry.name, entry.latent->kept());
    }
    return masks;
}

void Parameters::draw(std::int64_t step) {
    const at::NoGradGuard no_grad;
    for (Entry& entry : entries_) {
        if (entry.latent) entry.latent->draw(step, floats(entry.value.detach()));
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

NamedTensors Parameters::state() const {
    NamedTensors out;
    for (const Entry& entry : entries_) {
        for (int i = 0; i < optimizer_.states; ++i) {
            const auto& state = entry.state[static_cast<std::size_t>(i)];
            out.emplace(fmt::format("{}/{}", entry.name, i),
                        Tensor::of<float>({static_cast<std::int64_t>(state.size())}, state));
        }
        if (!entry.latent) continue;
        const Shape shape{entry.value.numel()};
        out.emplace(entry.name + "/latent", Tensor::of<float>(shape, entry.latent->values()));
        out.emplace(entry.name + "/part", Tensor::of<float>(shape, entry.latent->parts()));
    }
    return out;
}

void Parameters::restore(std::int64_t updates, const NamedTensors& state, const Weights& movement) {
    updates_ = updates;
    const auto copy = [](const NamedTensors& from, const std::string& name, std::span<float> to) {
        const auto found = from.find(name);
        const std::int64_t got = found == from.end() ? 0 : found->second.count();
        if (got != static_cast<std::int64_t>(to.size()))
            throw BadData(fmt::format("\"{}\" has {} numbers, expected {}", name, got, to.size()));
        std::ranges::copy(found->second.f32(), to.begin());
    };
    for (Entry& entry : entries_) {
        for (int i = 0; i < optimizer_.states; ++i)
            copy(state, fmt::format("{}/{}", entry.name, i), entry.state[static_cast<std::size_t>(i)]);
        if (!entry.movement.empty()) copy(movement, entry.name, entry.movement);
        if (!entry.latent) continue;
        std::vector<float> parts(entry.latent->values().size());
        copy(state, entry.name + "/latent", entry.latent->values());
        copy(state, entry.name + "/part", parts);
        entry.latent->set_parts(parts);
    }
}

void Parameters::zero_gradients() {
    for (Entry& entry : entries_) entry.value.mutable_grad().reset();
}

std::vector<std::size_t> Parameters::in_backward_order() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i].value.requires_grad()) order.push_back(i);
    }
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return entries_[i].nodes_before; });
    return order;
}

void Parameters::append_gradient(std::size_t weight, const at::Tensor& gradient, std::vector<float>& to) {
    Entry& entry = entries_[weight];
    entry.is_reached |= gradient.defined();
    const at::Tensor whole = gradient.defined() ? gradient.contiguous() : at::zeros_like(entry.value);
    const std::span<const float> values = floats(whole);
    if (entry.mask.empty()) to.insert(to.end(), values.begin(), values.end());
    for (std::size_t i = 0; i < entry.mask.size(); ++i) {
        if (entry.mask[i] != 0) to.push_back(values[i]);
    }
}

std::span<const float> Parameters::set_gradients(std::span<const float> from) {
    const at::NoGradGuard no_grad;
    for (const std::size_t weight : in_backward_order()) {
        Entry& entry = entries_[weight];
        at::Tensor& gradient = entry.value.mutable_grad();
        if (!gradient.defined() || !gradient.is_contiguous()) gradient = at::empty(entry.value.sizes());
        std::size_t next = 0;
        const std::span<float> values = floats(gradient);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = entry.mask.empty() || entry.mask[i] != 0 ? from[next++] : 0.0F;
        from = from.subspan(next);
        if (!entry.is_reached) gradient.reset();  // as without shards: it is not updated
    }
    return from;
}

void Parameters::update(double learning_rate) {
    const at::NoGradGuard no_grad;
    ++updates_;
    settings_.learning_rate = learning_rate;
    for (Entry& entry : entries_) {
        if (entry.movement.empty() || !entry.value.grad().defined()) continue;
        add_movement(entry.movement, floats(entry.value.detach()), floats(contiguous_gradient(entry.value)));
    }
    for (Entry& entry : entries_) {
        if (entry.latent && entry.value.grad().defined())
            entry.latent->take_gradient(floats(contiguous_gradient(entry.value)));
    }
    if (!penalties_.empty()) regularize();
    if (greatest_norm_ > 0) clip();
    for (Entry& entry : entries_) {
        if (!entry.value.grad().defined()) continue;  // a weight that the loss does not depend on
        if (entry.latent) entry.latent->hold();
        const at::Tensor& gradient = contiguous_gradient(entry.value);
        float* weight = entry.latent ? entry.latent->values().data() : floats(entry.value.detach()).data();
        float* grad = floats(gradient).data();
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
        if (!entry.latent) continue;
        entry.latent->settle(updates_, entry.state);
        entry.latent->write(floats(entry.value.detach()));
    }
}

void Parameters::regularize() {
    for (Entry& entry : entries_) {
        if (!entry.groups || !entry.value.grad().defined()) continue;
        const RegularizedWeight weight{floats(entry.value.detach()), *entry.groups};
        for (const Penalty& penalty : penalties_)
            penalty.regularizer->add_gradient(weight, penalty.strength,
                                              floats(contiguous_gradient(entry.value)));
    }
}

/// Pascanu et al. 2013: all gradients times limit / norm where their norm is above the limit.
void Parameters::clip() {
    double sum = 0;
    for (Entry& entry : entries_) {
        if (!entry.value.grad().defined()) continue;
        const std::span<const float> gradient = floats(contiguous_gradient(entry.value));
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            const bool kept = entry.mask.empty() || entry.mask[i] != 0;
            sum += kept ? double{gradient[i]} * double{gradient[i]} : 0;
        }
    }
    const double norm = std::sqrt(sum);
    if (norm <= greatest_norm_) return;
    const auto factor = static_cast<float>(greatest_norm_ / norm);
    for (Entry& entry : entries_) {
        if (!entry.value.grad().defined()) continue;
        for (float& g : floats(entry.value.grad())) g *= factor;
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
