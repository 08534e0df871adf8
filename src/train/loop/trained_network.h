// What a training changes: executor, parameters and masks, of a network that may get smaller on the way.
// Weights, masks and movement that go in and out have the shapes of the whole network.
#pragma once

#include <optional>
#include <string>

#include "train/executor/executor.h"
#include "train/loop/narrowed.h"
#include "train/loop/parameters.h"
#include "train/loop/trainer.h"

namespace espalier::train {

class TrainedNetwork {
  public:
    /// `output` names the value that is trained on. `job` outlives it.
    TrainedNetwork(const Job& job, const std::string& output);

    Executor& executor() { return *executor_; }
    Parameters& parameters() { return *parameters_; }
    /// Empty if the job has none.
    prune::MaskSet masks() const { return job_.latents ? parameters_->latent_masks(masks_) : masks_; }

    /// Training goes on under these masks: what they prune whole is taken out if the job removes, and the
    /// optimiser's memory of the rest is carried on.
    void set_masks(prune::MaskSet masks);

    Weights weights() const { return narrowed_.narrowing().widen(executor_->weights()); }
    Weights movement() const { return narrowed_.narrowing().widen(parameters_->movement()); }
    /// Goes on from weights(), masks() (where they change on the way), Parameters::state() and movement().
    /// Throws BadData if they do not fit.
    void restore(const Weights& weights, const prune::MaskSet& masks, std::int64_t updates,
                 const NamedTensors& state, const Weights& movement);

    /// Compares what is left with the whole network under its masks, on these. Throws Unsupported if they
    /// differ by more than rounding.
    void prove(const Inputs& inputs);

    /// Values as the executor holds them now, and what weights() gives of them and takes.
    Executor::Values values_of(const Weights& weights) const {
        return executor_->values_of(narrowed_.narrowing().narrow(weights));
    }
    Weights weights(const Executor::Values& values) const {
        return narrowed_.narrowing().widen(executor_->weights(values));
    }

  private:
    prune::MaskSet sparsify(Executor& executor) const;
    void build(const Weights& weights);
    bool trains_sparse() const;
    void rebuild();
    NamedTensors whole_state();
    NamedTensors narrow_state(NamedTensors state) const;

    const Job& job_;
    std::string output_;
    prune::MaskSet masks_;
    prune::MaskSet
        dense_masks_;  // of what is left, of layers that do not compute with the kept weights alone
    Narrowed narrowed_;
    std::optional<Executor> executor_;
    std::optional<Parameters> parameters_;
};

}  // namespace espalier::train
