#include "train/loop/gradient_sum.h"

#include <algorithm>
#include <utility>

namespace espalier::train {
namespace {

// A quarter of ResNet-20's gradients. An exchange takes 0.2 ms, however little it moves.
constexpr std::int64_t kBucket = 1 << 16;  // floats

}  // namespace

void GradientSum::begin(Parameters& parameters) {
    ESPALIER_ASSERT(exchange_.is_empty());
    parameters_ = &parameters;
    sent_ = 0;
    divide();
    if (travels_) place_hooks();
}

void GradientSum::divide() {
    buckets_.clear();
    bucket_of_.clear();
    std::int64_t floats = 0;
    for (const std::size_t weight : parameters_->in_backward_order()) {
        const std::int64_t count = parameters_->value(weight).numel();
        if (buckets_.empty() || floats + count > kBucket) {
            buckets_.emplace_back();
            floats = 0;
        }
        buckets_.back().weights.push_back(weight);
        if (bucket_of_.size() <= weight) bucket_of_.resize(weight + 1);
        bucket_of_[weight] = buckets_.size() - 1;
        floats += count;
    }
    gradients_.assign(bucket_of_.size(), at::Tensor());
}

/// On every weight that trains, unless it has one: masks that move bring other tensors.
void GradientSum::place_hooks() {
    const std::vector<std::size_t> order = parameters_->in_backward_order();
    const bool have = std::ranges::equal(hooks_, order, [&](const Hook& hook, std::size_t weight) {
        return hook.value.is_same(parameters_->value(weight));
    });
    if (have) return;
    remove_hooks();
    for (const std::size_t weight : order) {
        const at::Tensor& value = parameters_->value(weight);
        hooks_.push_back(
            {value, value.register_hook([this, weight](const at::Tensor& g) { arrive(weight, g); })});
    }
}

void GradientSum::remove_hooks() {
    for (const Hook& hook : hooks_) hook.value.remove_hook(hook.at);
    hooks_.clear();
}

void GradientSum::add(const std::function<void()>& backward, bool is_last_of_rank) {
    is_last_ = is_last_of_rank;
    for (Bucket& bucket : buckets_) bucket.missing = bucket.weights.size();
    if (backward) backward();
    if (!travels_ || !is_last_) {
        for (const Bucket& bucket : buckets_) {
            for (const std::size_t weight : bucket.weights)
                gradients_[weight] = parameters_->value(weight).grad();
        }
    }
    for (Bucket& bucket : buckets_) bucket.missing = 0;  // the loss does not depend on the rest
    if (is_last_) return send_whole();
    for (Bucket& bucket : buckets_) collect(bucket);
}

void GradientSum::arrive(std::size_t weight, const at::Tensor& gradient) {
    if (!is_last_) return;
    gradients_[weight] = gradient;
    --buckets_[bucket_of_[weight]].missing;
    send_whole();
}

void GradientSum::send_whole() {
    for (; sent_ < buckets_.size() && buckets_[sent_].missing == 0; ++sent_) {
        collect(buckets_[sent_]);
        exchange_.begin(buckets_[sent_].sum.take());
    }
}

void GradientSum::collect(Bucket& bucket) {
    std::vector<float> values;
    for (const std::size_t weight : bucket.weights)
        parameters_->append_gradient(weight, std::exchange(gradients_[weight], {}), values);
    bucket.sum.add(std::move(values));
}

std::vector<float> GradientSum::finish(std::vector<float> rest) {
    exchange_.begin(std::move(rest));
    std::vector<float> all;
    for (const std::vector<float>& sum : exchange_.finish()) all.insert(all.end(), sum.begin(), sum.end());
    return all;
}

}  // namespace espalier::train
