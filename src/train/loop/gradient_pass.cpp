#include "train/loop/gradient_pass.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hash.h"
#include "train/ranks/pairwise_sum.h"

namespace espalier::train {
namespace {

/// Dropout draws other masks for every shard.
std::uint64_t shard_seed(std::uint64_t seed, std::int64_t shard) {
    return shard == 0 ? seed : hash_u64(fmt::format("shard/{}", shard), seed);
}

void require_divisible(std::int64_t shards, int ranks) {
    if (divides_evenly(shards, ranks)) return;
    std::vector<int> fits;
    for (int other = 1; other <= shards; ++other) {
        if (divides_evenly(shards, other)) fits.push_back(other);
    }
    throw InvalidArgument(
        fmt::format("train.shards = {} cannot be divided among {} ranks: expected {} rank{}", shards, ranks,
                    fmt::join(fits, ", "), fits.size() == 1 ? "" : "s"));
}

std::span<const float> take(std::span<const float>& from, std::int64_t count) {
    const auto taken = from.first(static_cast<std::size_t>(count));
    from = from.subspan(taken.size());
    return taken;
}

}  // namespace

GradientPass::GradientPass(const Job& job, const LossFunction& loss, Batches& batches)
    : job_(job), loss_(loss), batches_(batches), shards_(job.recipe.train.shards), gradients_(job.ranks) {
    const int ranks = job.ranks == nullptr ? 1 : job.ranks->size();
    require_divisible(shards_, ranks);
    if (job.teacher == nullptr) return;
    teacher_.emplace(*job.teacher, Weights(), loss_.input_of(*job.teacher));
    const at::Device device = device_named(job.recipe.train.device);
    if (device != at::kCPU) teacher_->compute_on(device);
}

GradientPass::Result GradientPass::run(TrainedNetwork& network, std::int64_t step, bool wants_stop) {
    if (shards_ > 1) return sum_shards(network, step, wants_stop);
    network.parameters().zero_gradients();
    const at::Tensor loss = loss_of(network, batches_.at(step), pass_of(step));
    loss.backward();
    return {.loss = loss.item<double>(), .stop = wants_stop};
}

at::Tensor GradientPass::loss_of(TrainedNetwork& network, const Batch& batch, const Pass& pass) {
    at::Tensor taught;
    if (teacher_) {
        const at::NoGradGuard no_grad;
        taught = teacher_->forward(batch.inputs);
    }
    return loss_.train(network.executor().forward(batch.inputs, pass), batch.targets, taught);
}

GradientPass::Result GradientPass::sum_shards(TrainedNetwork& network, std::int64_t step, bool wants_stop) {
    const at::NoGradGuard no_grad;
    buffers_before_.clear();
    for (const auto& [name, buffer] : network.executor().buffers()) buffers_before_.push_back(buffer.clone());
    const int ranks = job_.ranks == nullptr ? 1 : job_.ranks->size();
    const std::int64_t own = shards_ / ranks;
    const std::int64_t first = job_.ranks == nullptr ? 0 : job_.ranks->rank() * own;
    gradients_.begin(network.parameters());
    PairwiseSum rest;
    for (std::int64_t shard = first; shard < first + own; ++shard)
        rest.add(add_shard(network, step, shard, shard + 1 == first + own));
    std::vector<float> own_rest = rest.take();
    own_rest.push_back(wants_stop ? 1.0F : 0.0F);
    const std::vector<float> sum = gradients_.finish(std::move(own_rest));
    std::span<const float> left = network.parameters().set_gradients(sum);
    for (auto& [name, buffer] : network.executor().buffers())
        std::ranges::copy(take(left, buffer.numel()), floats(buffer).begin());
    ESPALIER_ASSERT(left.size() == 2);
    return {.loss = double{left[0]}, .stop = left[1] > 0};
}

/// Adds the gradients of one shard, and returns its part of buffers and loss; zeros for one without examples,
/// at the end of an epoch.
std::vector<float> GradientPass::add_shard(TrainedNetwork& network, std::int64_t step, std::int64_t shard,
                                           bool is_last_of_rank) {
    auto& buffers = network.executor().buffers();
    std::size_t at = 0;
    for (auto& [name, buffer] : buffers) buffer.copy_(buffers_before_[at++]);
    network.parameters().zero_gradients();
    const auto [begin, end] = batches_.shard(step, shard, shards_);
    const auto share =
        static_cast<float>(static_cast<double>(batches_.weight(step, begin, end)) /
                           static_cast<double>(batches_.weight(step, 0, batches_.count(step))));
    at::Tensor part;
    if (begin < end) {
        const at::AutoGradMode with_grad(true);
        Pass pass = pass_of(step);
        pass.seed = shard_seed(job_.seed, shard);
        part = loss_of(network, batches_.part(step, begin, end), pass) * share;
    }
    const auto backward = [&] { part.backward(); };
    gradients_.add(part.defined() ? std::function<void()>(backward) : nullptr, is_last_of_rank);
    std::vector<float> rest;
    for (const auto& [name, buffer] : buffers) {
        for (const float value : floats(buffer)) rest.push_back(value * share);
    }
    rest.push_back(part.defined() ? part.item<float>() : 0);
    return rest;
}

}  // namespace espalier::train
