#include "sum_pass.h"

#include <algorithm>
#include <numeric>

#include "base/threads/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sum_pass.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace espalier::prune::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

float SumOfSizes(const float* values, std::size_t count) {
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    auto a = hn::Zero(d);
    auto b = a;
    auto c = a;
    auto e = a;
    std::size_t i = 0;
    for (; i + 4 * lanes <= count; i += 4 * lanes) {  // four sums: an addition takes four cycles
        a = hn::Add(a, hn::Abs(hn::LoadU(d, values + i)));
        b = hn::Add(b, hn::Abs(hn::LoadU(d, values + i + lanes)));
        c = hn::Add(c, hn::Abs(hn::LoadU(d, values + i + 2 * lanes)));
        e = hn::Add(e, hn::Abs(hn::LoadU(d, values + i + 3 * lanes)));
    }
    float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
    for (; i < count; ++i) sum += values[i] < 0 ? -values[i] : values[i];
    return sum;
}

}  // namespace espalier::prune::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::prune {

HWY_EXPORT(SumOfSizes);

double sum_of_sizes(const std::vector<std::vector<float>>& tensors) {
    constexpr std::int64_t kPart = 1 << 18;
    std::vector<std::span<const float>> parts;
    for (const std::span<const float> tensor : tensors) {
        for (std::size_t first = 0; first < tensor.size(); first += kPart) {
            parts.push_back(tensor.subspan(first, std::min<std::size_t>(kPart, tensor.size() - first)));
        }
    }
    std::vector<float> sums(parts.size());
    parallel_for(static_cast<std::int64_t>(parts.size()), 0, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
            sums[i] = HWY_DYNAMIC_DISPATCH(SumOfSizes)(parts[i].data(), parts[i].size());
        }
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace espalier::prune
#endif  // HWY_ONCE
