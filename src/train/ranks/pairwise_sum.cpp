#include "train/ranks/pairwise_sum.h"

#include <bit>
#include <cstddef>
#include <utility>

#include "base/multiversion.h"
#include "espalier/error.h"

namespace espalier::train {
namespace {

ESPALIER_MULTIVERSION
void add_to(std::size_t count, float* __restrict left, const float* __restrict right) {
    for (std::size_t i = 0; i < count; ++i) left[i] += right[i];
}

}  // namespace

void PairwiseSum::add(std::vector<float> values) {
    parts_.push_back({std::move(values), 0});
    while (parts_.size() > 1 && parts_[parts_.size() - 2].height == parts_.back().height) merge();
}

std::vector<float> PairwiseSum::take() {
    ESPALIER_ASSERT(!parts_.empty());
    while (parts_.size() > 1) merge();
    std::vector<float> sum = std::move(parts_.back().values);
    parts_.clear();
    return sum;
}

/// The last part into the one before it.
void PairwiseSum::merge() {
    const Part right = std::move(parts_.back());
    parts_.pop_back();
    Part& left = parts_.back();
    ESPALIER_ASSERT(left.values.size() == right.values.size());
    add_to(left.values.size(), left.values.data(), right.values.data());
    ++left.height;
}

bool divides_evenly(std::int64_t shards, int ranks) {
    if (ranks == 1) return true;
    return shards % ranks == 0 && std::has_single_bit(static_cast<std::uint64_t>(shards / ranks));
}

}  // namespace espalier::train
