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
    const auto room_for = [&](const Tensor& values, at::ScalarType type) {
        Shape shape = values.shape();
        shape[0] = batch_size;
        return at::empty(shape, type);
    };
    for (const data::Input& input : examples.inputs)
        inputs_.push_back(room_for(input.values, input.batch_dtype() == DType::i64 ? at::kLong : at::kFloat));
    targets_ = room_for(examples.targets, examples.have_classes() ? at::kLong : at::kFloat);
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

std::span<const std::uint32_t> Batches::indices(std::int64_t step, std::int64_t begin, std::int64_t end) {
    const std::int64_t epoch = step / steps_per_epoch();
    if (epoch != epoch_) {
        order_ = data::epoch_order(seed_, epoch, examples_.count());
        epoch_ = epoch;
    }
    const std::int64_t first = step % steps_per_epoch() * batch_size_ + begin;
    return std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - begin));
}

Batch Batches::part(std::int64_t step, std::int64_t begin, std::int64_t end) {
    return make(indices(step, begin, end), augmentation_);
}

std::int64_t Batches::weight(std::int64_t step, std::int64_t begin, std::int64_t end) {
    if (!examples_.have_positions()) return end - begin;
    const auto classes = examples_.classes();
    const std::size_t each = classes.size() / static_cast<std::size_t>(examples_.count());
    std::int64_t weight = 0;
    for (const std::uint32_t index : indices(step, begin, end)) {
        weight += std::ranges::count_if(classes.subspan(index * each, each),
                                        [](std::int32_t one) { return one != data::kNoClass; });
    }
    return weight;
}

Batch Batches::range(std::int64_t begin, std::int64_t end) {
    std::vector<std::uint32_t> indices(static_cast<std::size_t>(end - begin));
    std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(begin));
    return make(indices, {});
}

Batch Batches::make(std::span<const std::uint32_t> indices, const data::Augmentation& augmentation) {
    const auto count = static_cast<std::int64_t>(indices.size());
    Batch batch{.inputs = {}, .targets = targets_.narrow(0, 0, count)};
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const at::Tensor to = inputs_[i].narrow(0, 0, count);
        fill(i, indices, i == 0 ? augmentation : data::Augmentation{}, to);
        batch.inputs.emplace(examples_.inputs[i].name, to);
    }
    fill_targets(indices, batch.targets);
    return batch;
}

void Batches::fill(std::size_t at, std::span<const std::uint32_t> indices,
                   const data::Augmentation& augmentation, const at::Tensor& to) const {
    const data::Input& input = examples_.inputs[at];
    if (to.scalar_type() == at::kLong) {
        return data::gather(input, indices,
                            {to.data_ptr<std::int64_t>(), static_cast<std::size_t>(to.numel())});
    }
    static const data::Normalization kAsTheyAre;
    const std::span<float> values = floats(to);
    const auto count = static_cast<std::int64_t>(indices.size());
    const auto size = static_cast<std::size_t>(to.numel() / std::max<std::int64_t>(count, 1));
    at::parallel_for(0, count, kExamplesPerThread, [&](std::int64_t begin, std::int64_t end) {
        const auto first = static_cast<std::size_t>(begin);
        const auto part = static_cast<std::size_t>(end - begin);
        data::gather(input, at == 0 ? normalization_ : kAsTheyAre, augmentation, seed_, epoch_,
                     indices.subspan(first, part), values.subspan(first * size, part * size));
    });
}

void Batches::fill_targets(std::span<const std::uint32_t> indices, const at::Tensor& to) const {
    const data::Examples& from = examples_;
    const auto each =
        static_cast<std::size_t>(from.targets.count() / std::max<std::int64_t>(from.count(), 1));
    const auto copy = [&](auto values, auto* out) {
        for (const std::uint32_t index : indices) {
            const auto own = values.subspan(index * each, each);
            out = std::ranges::copy(own, out).out;
        }
    };
    if (from.have_classes()) return copy(from.classes(), to.data_ptr<std::int64_t>());
    copy(from.targets.f32(), to.data_ptr<float>());
}

}  // namespace espalier::train
