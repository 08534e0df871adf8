// One step's gradients: of a whole batch at once, or of equal parts of it that are summed in a fixed order:
//   g = sum over shards s of (n_s / n) grad loss(shard s), n examples, or positions that have a class
// Batch normalisation takes its statistics over a shard, and its running ones move to the mean of the
// shards'. As each shard is computed alone and the order of the sum is fixed (train/ranks/pairwise_sum.h), 1,
// 2, 4, ... processes give the same bytes. What is pruned does not travel.
#pragma once

#include <optional>
#include <vector>

#include "train/loop/batches.h"
#include "train/loop/gradient_sum.h"
#include "train/loop/loss_function.h"
#include "train/loop/trained_network.h"
#include "train/ranks/ranks.h"

namespace espalier::train {

class GradientPass {
  public:
    /// All outlive it. Throws InvalidArgument if job.ranks cannot divide the shards.
    GradientPass(const Job& job, const LossFunction& loss, Batches& batches);

    struct Result {
        double loss = 0;    // of the batch
        bool stop = false;  // some rank wants to stop
    };
    /// Leaves the gradients of training step `step` in the network's parameters, and moves its buffers.
    Result run(TrainedNetwork& network, std::int64_t step, bool wants_stop);

    /// How step `step` runs where the batch is not divided.
    Pass pass_of(std::int64_t step) const { return {.training = true, .seed = job_.seed, .step = step}; }

  private:
    at::Tensor loss_of(TrainedNetwork& network, const Batch& batch, const Pass& pass);
    std::vector<float> add_shard(TrainedNetwork& network, std::int64_t step, std::int64_t shard,
                                 bool is_last_of_rank);
    Result sum_shards(TrainedNetwork& network, std::int64_t step, bool wants_stop);

    const Job& job_;
    const LossFunction& loss_;
    Batches& batches_;
    std::optional<Executor> teacher_;
    std::int64_t shards_;
    GradientSum gradients_;
    std::vector<at::Tensor> buffers_before_;  // a step
};

}  // namespace espalier::train
