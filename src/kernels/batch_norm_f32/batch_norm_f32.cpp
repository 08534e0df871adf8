// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/batch_norm_f32/batch_norm_f32.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm_f32/batch_norm_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/batch_norm_f32/channel_task.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/past_caches.h"
#include "kernels/vectors/past_caches-inl.h"
#include "kernels/vectors/some_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
constexpr std::int64_t kChains = 4;
// Floats are summed so far before a double takes over: 2^11 of them lose 1e-5 at worst, and as a rule 1e-6.
constexpr std::int64_t kChunk = 2048;

/// Calls body(chain, first, lanes left) for every vector of a run of `length`.
template <class Body>
HWY_INLINE void for_each_vector(std::int64_t length, const Body& body) {
    std::int64_t i = 0;
    for (; i + kChains * kLanes <= length; i += kChains * kLanes) {
        HWY_UNROLL(4)
        for (std::int64_t chain = 0; chain < kChains; ++chain) body(chain, i + chain * kLanes, kLanes);
    }
    for (; i < length; i += kLanes) body(0, i, length - i);
}

/// Calls body(offset in the channel, length) for pieces of its runs.
template <class Body>
HWY_INLINE void for_each_chunk(const ChannelRuns& layout, const Body& body) {
    for (std::int64_t run = 0; run < layout.runs; ++run) {
        for (std::int64_t i = 0; i < layout.length; i += kChunk)
            body(run * layout.run + i, std::min(kChunk, layout.length - i));
    }
}

HWY_INLINE double sum_of(const V* chains) {
    const D d;
    return double{hn::GetLane(
        hn::SumOfLanes(d, hn::Add(hn::Add(chains[0], chains[1]), hn::Add(chains[2], chains[3]))))};
}

/// x - mean, and 0 in lanes that do not exist.
HWY_INLINE V centred(const float* x, std::int64_t left, V mean) {
    const D d;
    const V value = hn::Sub(load_some(d, left, x), mean);
    return left >= kLanes ? value : hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(left)), value);
}

void find_moments(ChannelTask& task) {
    const D d;
    const auto count = static_cast<double>(task.layout.values());
    double sum = 0;
    for_each_chunk(task.layout, [&](std::int64_t at, std::int64_t length) {
        V sums[kChains] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
        for_each_vector(length, [&](std::int64_t chain, std::int64_t i, std::int64_t left) {
            sums[chain] = hn::Add(sums[chain], load_some(d, left, task.x + at + i));
        });
        sum += sum_of(sums);
    });
    task.mean = static_cast<float>(sum / count);
    const V mean = hn::Set(d, task.mean);
    double squares = 0;
    for_each_chunk(task.layout, [&](std::int64_t at, std::int64_t length) {
        V sums[kChains] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
        for_each_vector(length, [&](std::int64_t chain, std::int64_t i, std::int64_t left) {
            const V value = centred(task.x + at + i, left, mean);
            sums[chain] = hn::MulAdd(value, value, sums[chain]);
        });
        squares += sum_of(sums);
    });
    task.variance = static_cast<float>(squares / count);
}

void normalize(ChannelTask& result) {
    find_moments(result);
    const ChannelTask task = result;  // which a vector that is written might overwrite, for all that is known
    const D d;
    const V mean = hn::Set(d, task.mean);
    const V scale = hn::Set(d, task.gamma * (1 / std::sqrt(task.variance + task.epsilon)));
    const V beta = hn::Set(d, task.beta);
    // NaN passes, as it does through LibTorch's ReLU: it must be seen that training diverged.
    for_each_chunk(task.layout, [&](std::int64_t at, std::int64_t length) {
        for_each_vector(length, [&](std::int64_t, std::int64_t i, std::int64_t left) {
            V y = hn::MulAdd(hn::Sub(load_some(d, left, task.x + at + i), mean), scale, beta);
            if (task.addend != nullptr) y = hn::Add(y, load_some(d, left, task.addend + at + i));
            const V kept = task.relu ? hn::IfThenElse(hn::Lt(y, hn::Zero(d)), hn::Zero(d), y) : y;
            store_some(d, kept, left, task.to + at + i);
        });
    });
}

/// g of the formulas: dy, without what the ReLU cut.
HWY_INLINE V passed(const ChannelTask& task, V value, V scale, V beta, std::int64_t at, std::int64_t left) {
    const D d;
    const V dy = load_some(d, left, task.dy + at);
    if (!task.relu) return dy;
    if (task.y != nullptr)
        return hn::IfThenZeroElse(hn::Le(load_some(d, left, task.y + at), hn::Zero(d)), dy);
    return hn::IfThenZeroElse(hn::Le(hn::MulAdd(value, scale, beta), hn::Zero(d)), dy);
}

void differentiate(ChannelTask& result) {
    const ChannelTask task = result;
    const D d;
    const float inverse = 1 / std::sqrt(task.variance + task.epsilon);
    const V mean = hn::Set(d, task.mean);
    const V scale = hn::Set(d, task.gamma * inverse);
    const V beta = hn::Set(d, task.beta);
    double sum = 0;
    double products = 0;  // with x - mean
    for_each_chunk(task.layout, [&](std::int64_t at, std::int64_t length) {
        V sums[kChains] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
        V with_x[kChains] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
        for_each_vector(length, [&](std::int64_t chain, std::int64_t i, std::int64_t left) {
            const V value = centred(task.x + at + i, left, mean);
            const V g = passed(task, value, scale, beta, at + i, left);
            if (task.da != nullptr) store_some(d, g, left, task.da + at + i);
            sums[chain] = hn::Add(sums[chain], g);
            with_x[chain] = hn::MulAdd(g, value, with_x[chain]);
        });
        sum += sum_of(sums);
        products += sum_of(with_x);
    });
    result.dbeta = static_cast<float>(sum);
    result.dgamma = static_cast<float>(products * double{inverse});
    if (task.to == nullptr) return;
    const auto count = static_cast<double>(task.layout.values());
    const double factor = double{task.gamma} * double{inverse};
    const V of_x =
        hn::Set(d, static_cast<float>(-factor * double{inverse} * double{inverse} * products / count));
    const V constant = hn::Set(d, static_cast<float>(-factor * sum / count));
    for_each_chunk(task.layout, [&](std::int64_t at, std::int64_t length) {
        for_each_vector(length, [&](std::int64_t, std::int64_t i, std::int64_t left) {
            const V value = hn::Sub(load_some(d, left, task.x + at + i), mean);
            const V g = task.da != nullptr ? load_some(d, left, task.da + at + i)
                                           : passed(task, value, scale, beta, at + i, left);
            const V dx = hn::MulAdd(g, scale, hn::MulAdd(value, of_x, constant));
            write_some(dx, d, left, task.to + at + i, task.past);
        });
    });
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(normalize);
HWY_EXPORT(differentiate);
HWY_EXPORT(target_name);

ChannelTask task_of(const ChannelRuns& layout, const BatchNorm& norm, const float* x, std::int64_t channel) {
    ChannelTask task{};
    task.layout = layout;
    task.gamma = norm.gamma[channel];
    task.beta = norm.beta[channel];
    task.epsilon = norm.epsilon;
    task.relu = norm.relu;
    task.x = x + channel * layout.channel;
    if (norm.addend != nullptr) task.addend = norm.addend + channel * layout.channel;
    return task;
}

/// Floats of which all parts of a channel are a multiple.
std::int64_t granularity_of(const ChannelRuns& layout) {
    return std::gcd(std::gcd(layout.channel, layout.run), layout.length);
}

}  // namespace

void batch_norm_f32(const ChannelRuns& layout, const BatchNorm& norm, const float* x, float* y, float* mean,
                    float* variance, int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(normalize);
    for_each_item(layout.channels, threads, [&](std::int64_t channel, int) {
        ChannelTask task = task_of(layout, norm, x, channel);
        task.to = y + channel * layout.channel;
        run(task);
        mean[channel] = task.mean;
        variance[channel] = task.variance;
    });
}

void batch_norm_gradient_f32(const ChannelRuns& layout, const BatchNorm& norm, const float* x,
                             const float* mean, const float* variance, const float* dy, float* dx,
                             float* dgamma, float* dbeta, const BatchNormSum* sum, int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(differentiate);
    // Not so y above: a step of ResNet-20 is no faster with it.
    const bool past =
        dx != nullptr && goes_past_caches(dx, layout.channels * layout.values(), granularity_of(layout));
    for_each_item(layout.channels, threads, [&](std::int64_t channel, int) {
        ChannelTask task = task_of(layout, norm, x, channel);
        task.dy = dy + channel * layout.channel;
        task.to = dx == nullptr ? nullptr : dx + channel * layout.channel;
        if (sum != nullptr) {
            task.y = sum->y + channel * layout.channel;
            task.da = sum->da + channel * layout.channel;
        }
        task.past = past;
        task.mean = mean[channel];
        task.variance = variance[channel];
        run(task);
        dgamma[channel] = task.dgamma;
        dbeta[channel] = task.dbeta;
    });
}

std::string batch_norm_f32_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
