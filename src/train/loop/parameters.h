// The trainable tensors with their masks and optimiser state, and the one way a step changes them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "espalier/mask.h"
#include "train/executor/executor.h"
#include "train/loop/latent_weight.h"
#include "train/optimizer.h"
#include "train/regularizer.h"

namespace espalier::train {

class Parameters {
  public:
    /// Zeroes what `masks` prunes. Throws InvalidArgument if a mask fits no parameter.
    /// Reads [train] (optimiser, clip_gradient) and [regularize] of `recipe`.
    Parameters(Executor& executor, const Graph& graph, const prune::MaskSet* masks, const Recipe& recipe);

    /// Zeroes what these masks prune, with its gradient and optimiser state. What was pruned before and is
    /// kept now goes on from zero. Throws InvalidArgument if a mask fits no parameter.
    void set_masks(const prune::MaskSet& masks);
    /// From now on sums up -w * g of every step, g of the loss alone: no penalty, not clipped.
    void accumulate_movement();
    /// The sums; empty unless accumulated.
    Weights movement() const;

    /// From now on latents are trained in the place of these weights, whose values now are those at step 0.
    /// `training` outlives this; `decay`: regularize.l2.
    void train_latents(const LatentTraining& training, double decay);
    /// `masks` with those of latents as they are now.
    prune::MaskSet latent_masks(prune::MaskSet masks) const;
    /// Weights that take part by chance are drawn for this step; update() brings back those that are kept.
    void draw(std::int64_t step);

    void zero_gradients();
    /// What trains, in the order in which a backward pass is done with it; numbers for value() and
    /// append_gradient().
    std::vector<std::size_t> in_backward_order() const;
    at::Tensor& value(std::size_t weight) { return entries_[weight].value; }
    /// Appends `gradient` of a weight where it is not pruned: zeros if it is undefined, as the loss does not
    /// depend on the weight.
    void append_gradient(std::size_t weight, const at::Tensor& gradient, std::vector<float>& to);
    /// Gradients become these, as append_gradient() gives them in backward order, and zero where something is
    /// pruned. Returns what is left of `from`.
    std::span<const float> set_gradients(std::span<const float> from);
    void update(double learning_rate);

    /// Updates done since the optimiser's state was zero.
    std::int64_t updates() const { return updates_; }
    /// The optimiser's memory: "fc1.weight/0", "fc1.weight/1".
    NamedTensors state() const;
    /// Goes on from a state() of the same masks, with these sums of movement. Throws BadData if it does not
    /// fit.
    void restore(std::int64_t updates, const NamedTensors& state, const Weights& movement);

    /// True if every pruned weight, its gradient and its optimiser state are exactly zero.
    bool pruned_are_zero() const;

  private:
    struct Entry {
        std::string name;
        at::Tensor value;
        std::vector<float> mask;      // empty: all kept
        std::vector<float> movement;  // empty: not accumulated
        std::array<std::vector<float>, 2> state;
        std::optional<prune::Tiling> groups;  // of a prunable weight, for regularisers
        std::optional<LatentWeight> latent;   // trained instead
        bool is_reached = false;              // the loss of some part of a batch has a gradient of it
        std::size_t nodes_before = 0;         // in the network
    };
    struct Penalty {
        const Regularizer* regularizer;
        float strength;
    };

    void regularize();
    void clip();

    std::vector<Entry> entries_;
    const Optimizer& optimizer_;
    Recipe::Optimizer settings_;
    std::vector<Penalty> penalties_;
    double greatest_norm_;  // of all gradients together; 0: any
    std::int64_t updates_ = 0;
};

}  // namespace espalier::train
