// A weight tensor in whose place latents are trained (prune/scheduling/latent.h): which of its weights take
// part, how gradients reach the latents, and what the network computes with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "espalier/mask.h"
#include "train/loop/trainer.h"

namespace espalier::train {

class LatentWeight {
  public:
    /// `initial` is the weight at step 0; `training`, which names it, outlives this. `decay`: regularize.l2.
    LatentWeight(const LatentTraining& training, std::string name, const Shape& shape,
                 std::span<const float> initial, double decay);

    std::span<float> values() { return values_; }
    std::span<const float> values() const { return values_; }
    const prune::Mask& kept() const { return kept_; }

    /// dL/dw becomes dL/dlatent, zero where the latent rests.
    void take_gradient(std::span<float> gradient) const;
    /// Before an update: what rests is remembered. After it, the `updates`-th: it is as it was, with zero in
    /// `states`, and where it is time the choice is made anew.
    void hold();
    void settle(std::int64_t updates, std::span<std::vector<float>> states);

    /// What the network computes with when it is measured.
    void write(std::span<float> weight) const;
    /// The same for a step of training, in which weights may take part by chance.
    void draw(std::int64_t step, std::span<float> weight) const;

    /// 2 kept, 1 updated, 0 rests: what a checkpoint must hold beside values().
    std::vector<float> parts() const;
    void set_parts(std::span<const float> parts);

  private:
    void choose();
    bool all_updated() const { return budget_.updated >= kept_.count(); }

    const LatentTraining& training_;
    std::string name_;
    prune::LatentBudget budget_;
    double decay_;
    std::vector<float> initial_, values_, before_;
    prune::Mask kept_, updated_;
};

}  // namespace espalier::train
