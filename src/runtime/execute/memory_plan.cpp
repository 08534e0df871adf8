#include "runtime/execute/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "base/memory.h"
#include "espalier/tensor.h"

namespace espalier::runtime {
namespace {

std::size_t rounded_up(std::size_t bytes) {
    return (bytes + Tensor::kAlignment - 1) / Tensor::kAlignment * Tensor::kAlignment;
}

}  // namespace

Placement place(std::span<const Lifetime> lifetimes) {
    std::vector<std::size_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
    Placement placement{.offsets = std::vector<std::size_t>(lifetimes.size(), 0)};
    std::vector<std::size_t> placed;  // by offset
    for (const std::size_t index : order) {
        const Lifetime& mine = lifetimes[index];
        std::size_t offset = 0;
        for (const std::size_t other : placed) {
            const Lifetime& theirs = lifetimes[other];
            const bool together = mine.first <= theirs.last && theirs.first <= mine.last;
            if (!together) continue;
            if (offset + mine.bytes <= placement.offsets[other]) break;
            offset = std::max(offset, placement.offsets[other] + rounded_up(theirs.bytes));
        }
        placement.offsets[index] = offset;
        placement.bytes = std::max(placement.bytes, offset + rounded_up(mine.bytes));
        placed.insert(std::upper_bound(placed.begin(), placed.end(), index,
                                       [&](std::size_t a, std::size_t b) {
                                           return placement.offsets[a] < placement.offsets[b];
                                       }),
                      index);
    }
    return placement;
}

void Arena::Free::operator()(std::byte* data) const { free_aligned(data); }

std::byte* Arena::at_least(std::size_t bytes) {
    if (bytes > bytes_) {
        data_.reset();
        bytes_ = 0;
        data_.reset(allocate_aligned(bytes, Tensor::kAlignment));
        bytes_ = bytes;
    }
    return data_.get();
}

}  // namespace espalier::runtime
