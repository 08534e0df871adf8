// Batches of a data set as ATen tensors, in the order of (seed, epoch): step s needs nothing but s.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "espalier/data.h"
#include "train/executor/executor.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

struct Batch {
    Inputs inputs;       // f32 [n, c, h, w], or f32 or i64 [n, ...] as the examples are
    at::Tensor targets;  // i64 [n] or [n, ...], or f32 [n, ...]
};

class Batches {
  public:
    /// `augmentation` changes what at() gives, from (seed, epoch, example), and nothing that range() gives.
    Batches(const data::Examples& examples, const data::Normalization& normalization, std::int64_t batch_size,
            std::uint64_t seed, const data::Augmentation& augmentation = {});

    const data::Examples& examples() const { return examples_; }
    std::int64_t steps_per_epoch() const;
    /// The batch of training step `step`; the last one of an epoch may be smaller. Valid until the next call.
    Batch at(std::int64_t step);
    /// Examples of the batch of `step`.
    std::int64_t count(std::int64_t step) const;
    /// Of how many targets the loss over these examples of it is the mean: as many, or where each has many
    /// positions those that have a class.
    std::int64_t weight(std::int64_t step, std::int64_t begin, std::int64_t end);
    /// Which of them, [begin, end), are part `shard` of `shards`; the batch of an epoch's end may have fewer
    /// than there are shards.
    std::pair<std::int64_t, std::int64_t> shard(std::int64_t step, std::int64_t shard,
                                                std::int64_t shards) const;
    /// Those of the batch of `step`, as at(). Valid until the next call.
    Batch part(std::int64_t step, std::int64_t begin, std::int64_t end);
    /// Examples begin..end in stored order, for evaluation. Valid until the next call.
    Batch range(std::int64_t begin, std::int64_t end);

  private:
    std::span<const std::uint32_t> indices(std::int64_t step, std::int64_t begin, std::int64_t end);
    Batch make(std::span<const std::uint32_t> indices, const data::Augmentation& augmentation);
    void fill(std::size_t input, std::span<const std::uint32_t> indices,
              const data::Augmentation& augmentation, const at::Tensor& to) const;
    void fill_targets(std::span<const std::uint32_t> indices, const at::Tensor& to) const;

    const data::Examples& examples_;
    const data::Normalization& normalization_;
    std::int64_t batch_size_;
    std::uint64_t seed_;
    data::Augmentation augmentation_;
    std::int64_t epoch_ = -1;
    std::vector<std::uint32_t> order_;
    std::vector<at::Tensor> inputs_;
    at::Tensor targets_;
};

}  // namespace espalier::train
