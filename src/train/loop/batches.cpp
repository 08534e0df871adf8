#include "train/loop/batches.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>

namespace espalier::train {
namespace {

constexpr std::int64_t kExamplesPerThread = 32;

}  // namespace

Batches::Batches(const data::Examples& examples, const data::Normalization& normalization,
                 std::int64_t batch_size, std::uint64_t seed, const data::Augmentation& augmentation)
    : examples_(examples),
      normalization_(normalization),
      batch_size_(batch_size),
      seed_(seed),
      augmentation_(augmentation) {
    Shape shape = examples.images.shape();
    shape[0] = batch_size;
    images_ = at::empty(shape, examples.batch_dtype() == DType::i64 ? at::kLong : at::kFloat);
    labels_ = at::empty({batch_size}, at::kLong);
}

std::int64_t Batches::steps_per_epoch() const {
    return data::steps_per_epoch(examples_.count(), batch_size_);
}

std::int64_t Batches::count(std::int64_t step) const {
    return std::min(batch_size_, examples_.count() - step % steps_per_epoch() * batch_size_);
}

std::pair<std::int64_t, std::int64_t> Batches::shard(std::int64_t step, std::int64_t shard,
                                                     std::int64_t shards) const {
    const std::int64_t examples = count(step);
    return {examples * shard / shards, examples * (shard + 1) / shards};
}

Batch Batches::at(std::int64_t step) { return part(step, 0, count(step)); }

Batch Batches::part(std::int64_t step, std::int64_t begin, std::int64_t end) {
    const std::int64_t epoch = step / steps_per_epoch();
    if (epoch != epoch_) {
        order_ = data::epoch_order(seed_, epoch, examples_.count());
        epoch_ = epoch;
    }
    const std::int64_t first = step % steps_per_epoch() * batch_size_ + begin;
    return make(
        std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - begin)),
        augmentation_);
}

Batch Batches::range(std::int64_t begin, std::int64_t end) {
    std::vector<std::uint32_t> indices(static_cast<std::size_t>(end - begin));
    std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(begin));
    return make(indices, {});
}

Batch Batches::make(std::span<const std::uint32_t> indices, const data::Augmentation& augmentation) {
    const auto count = static_cast<std::int64_t>(indices.size());
    const Batch batch{images_.narrow(0, 0, count), labels_.narrow(0, 0, count)};
    if (examples_.batch_dtype() == DType::i64) {
        data::gather(examples_, indices,
                     {batch.images.data_ptr<std::int64_t>(), static_cast<std::size_t>(batch.images.numel())});
        return labelled(batch, indices);
    }
    const std::span<float> images = floats(batch.images);
    const std::int64_t size = batch.images.numel() / std::max<std::int64_t>(count, 1);
    at::parallel_for(0, count, kExamplesPerThread, [&](std::int64_t begin, std::int64_t end) {
        const auto first = static_cast<std::size_t>(begin);
        const auto part = static_cast<std::size_t>(end - begin);
        data::gather(
            examples_, normalization_, augmentation, seed_, epoch_, indices.subspan(first, part),
            images.subspan(first * static_cast<std::size_t>(size), part * static_cast<std::size_t>(size)));
    });
    return labelled(batch, indices);
}

Batch Batches::labelled(const Batch& batch, std::span<const std::uint32_t> indices) const {
    auto* labels = batch.labels.data_ptr<std::int64_t>();
    for (const std::uint32_t index : indices) *labels++ = examples_.labels[index];
    return batch;
}

}  // namespace espalier::train
