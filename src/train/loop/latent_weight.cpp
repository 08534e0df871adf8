#include "train/loop/latent_weight.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier::train {

LatentWeight::LatentWeight(const LatentTraining& training, std::string name, const Shape& shape,
                           std::span<const float> initial, double decay)
    : training_(training),
      name_(std::move(name)),
      budget_(training.budgets.at(name_)),
      decay_(training.kind.reads_decay ? decay : 0),
      initial_(initial.begin(), initial.end()),
      values_(initial.size()),
      kept_(shape, false),
      updated_(shape, false) {
    Random random(training.seed, fmt::format("latent/{}", name_));
    const double share = static_cast<double>(budget_.kept) / static_cast<double>(kept_.count());
    training.kind.start(initial_, budget_.inputs, share, random, values_);
    choose();
}

void LatentWeight::choose() {
    kept_ = prune::best_latents(training_.kind, kept_.shape(), values_, budget_.kept);
    if (!all_updated())
        updated_ = prune::best_latents(training_.kind, kept_.shape(), values_, budget_.updated);
}

void LatentWeight::take_gradient(std::span<float> gradient) const {
    const double share = static_cast<double>(budget_.kept) / static_cast<double>(kept_.count());
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        const bool rests = !all_updated() && !updated_[at];
        gradient[i] = rests ? 0.0F
                            : training_.kind.gradient({.gradient = gradient[i],
                                                       .initial = initial_[i],
                                                       .latent = values_[i],
                                                       .kept = kept_[at],
                                                       .share = share,
                                                       .decay = decay_});
    }
}

void LatentWeight::hold() {
    if (!all_updated()) before_ = values_;
}

void LatentWeight::settle(std::int64_t updates, std::span<std::vector<float>> states) {
    if (!all_updated()) {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (updated_[static_cast<std::int64_t>(i)]) continue;
            values_[i] = before_[i];
            for (std::vector<float>& state : states) {
                if (!state.empty()) state[i] = 0;
            }
        }
    }
    if (updates % training_.every == 0) choose();
}

void LatentWeight::write(std::span<float> weight) const {
    const std::span<const float> from = training_.kind.is_weight ? values_ : initial_;
    std::ranges::copy(from, weight.begin());
    kept_.apply(weight);
}

void LatentWeight::draw(std::int64_t step, std::span<float> weight) const {
    if (training_.kind.chance == nullptr) return;
    Random random(training_.seed, fmt::format("latent/{}/step {}", name_, step));
    for (std::size_t i = 0; i < weight.size(); ++i)
        weight[i] = random.uniform() < training_.kind.chance(values_[i]) ? initial_[i] : 0.0F;
}

std::vector<float> LatentWeight::parts() const {
    std::vector<float> parts(values_.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        parts[i] = kept_[at] ? 2.0F : all_updated() || updated_[at] ? 1.0F : 0.0F;
    }
    return parts;
}

void LatentWeight::set_parts(std::span<const float> parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        kept_.set(static_cast<std::int64_t>(i), parts[i] == 2);
        if (!all_updated()) updated_.set(static_cast<std::int64_t>(i), parts[i] > 0);
    }
}

}  // namespace espalier::train
