// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/max_pool_lanes_f32/max_pool_lanes_f32.h"

#include <algorithm>
#include <limits>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/max_pool_lanes_f32/max_pool_lanes_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/max_pool_lanes_f32/pool_task.h"
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
using Whole = hn::RebindToSigned<D>;
using Bytes = hn::Rebind<std::uint8_t, D>;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));

HWY_INLINE hn::Vec<Whole> load_places(std::int64_t count, const std::uint8_t* from) {
    const Bytes bytes;
    if (count >= kLanes) return hn::PromoteTo(Whole(), hn::LoadU(bytes, from));
    HWY_ALIGN std::uint8_t lanes[kLanes] = {};
    std::copy_n(from, count, lanes);
    return hn::PromoteTo(Whole(), hn::Load(bytes, lanes));
}

HWY_INLINE void store_places(hn::Vec<Whole> places, std::int64_t count, std::uint8_t* to) {
    const Bytes bytes;
    if (count >= kLanes) return hn::StoreU(hn::DemoteTo(bytes, places), bytes, to);
    HWY_ALIGN std::uint8_t lanes[kLanes];
    hn::Store(hn::DemoteTo(bytes, places), bytes, lanes);
    std::copy_n(lanes, count, to);
}

void find_row(const PoolRowTask& task) {
    const D d;
    const Whole whole;
    for (std::int64_t ox = 0; ox < task.shape.output[2]; ++ox) {
        const PoolTaps taps(task.shape, task.oy, ox);
        float* y = task.y + ox * task.batch;
        std::uint8_t* places = task.places + ox * task.batch;
        if (taps.count == 0) {
            std::fill_n(y, task.batch, -std::numeric_limits<float>::infinity());
            std::fill_n(places, task.batch, static_cast<std::uint8_t>(kMostPoolTaps));
            continue;
        }
        for (std::int64_t n = 0; n < task.batch; n += kLanes) {
            const std::int64_t left = task.batch - n;
            V best = load_some(d, left, task.x + taps.pixel[0] * task.batch + n);
            auto place = hn::Set(whole, taps.tap[0]);
            for (std::int64_t i = 1; i < taps.count; ++i) {
                const V x = load_some(d, left, task.x + taps.pixel[i] * task.batch + n);
                const auto larger = hn::Or(hn::Gt(x, best), hn::IsNaN(x));
                best = hn::IfThenElse(larger, x, best);
                place = hn::IfThenElse(hn::RebindMask(whole, larger), hn::Set(whole, taps.tap[i]), place);
            }
            store_some(d, best, left, y + n);
            store_places(place, left, places + n);
        }
    }
}

void give_channel(const PoolGradientTask& task) {
    const D d;
    const Whole whole;
    std::int64_t at = 0;
    for (std::int64_t oy = 0; oy < task.shape.output[1]; ++oy) {
        for (std::int64_t ox = 0; ox < task.shape.output[2]; ++ox, at += task.batch) {
            const PoolTaps taps(task.shape, oy, ox);
            for (std::int64_t n = 0; n < task.batch; n += kLanes) {
                const std::int64_t left = task.batch - n;
                const V dy = load_some(d, left, task.dy + at + n);
                const auto place = load_places(left, task.places + at + n);
                for (std::int64_t i = 0; i < taps.count; ++i) {
                    float* dx = task.dx + taps.pixel[i] * task.batch + n;
                    const auto here = hn::RebindMask(d, hn::Eq(place, hn::Set(whole, taps.tap[i])));
                    const V given = hn::IfThenElseZero(here, dy);
                    const V sum = task.adds ? hn::Add(load_some(d, left, dx), given) : given;
                    write_some(sum, d, left, dx, task.past);
                }
            }
        }
    }
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(find_row);
HWY_EXPORT(give_channel);
HWY_EXPORT(target_name);

/// Whether the windows lie side by side and cover the image.
bool covers_once(const ConvShape& shape) {
    const auto along = [&](std::size_t axis) {
        return shape.kernel[axis] == shape.stride[axis] && shape.dilation[axis] == 1 &&
               shape.pad[axis] == 0 && shape.output[axis] * shape.stride[axis] >= shape.input[axis];
    };
    return along(1) && along(2);
}

}  // namespace

void max_pool_lanes_f32(const ConvShape& shape, std::int64_t batch, const float* x, float* y,
                        std::uint8_t* places, int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(find_row);
    for_each_item(shape.channels * shape.output[1], threads, [&](std::int64_t row, int) {
        const std::int64_t at = row * shape.output[2] * batch;
        run({.shape = shape,
             .batch = batch,
             .oy = row % shape.output[1],
             .x = x + row / shape.output[1] * shape.pixels() * batch,
             .y = y + at,
             .places = places + at});
    });
}

void max_pool_lanes_gradient_f32(const ConvShape& shape, std::int64_t batch, const std::uint8_t* places,
                                 const float* dy, float* dx, int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(give_channel);
    const bool adds = !covers_once(shape);
    const bool past = !adds && goes_past_caches(dx, shape.channels * shape.pixels() * batch, batch);
    for_each_item(shape.channels, threads, [&](std::int64_t channel, int) {
        const std::int64_t from = channel * shape.positions() * batch;
        float* to = dx + channel * shape.pixels() * batch;
        if (adds) std::fill_n(to, shape.pixels() * batch, 0.0F);
        run({.shape = shape,
             .batch = batch,
             .adds = adds,
             .past = past,
             .places = places + from,
             .dy = dy + from,
             .dx = to});
    });
}

std::string max_pool_lanes_f32_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
