// A walk over all units of several weights, in parallel and in pieces that fit the cache.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "base/threads/parallel.h"
#include "prune/ranking/unit_scores.h"

namespace espalier::prune {

struct Chunk {
    std::size_t index = 0;  // of the weight in the list
    std::int64_t first = 0;
    std::int64_t count = 0;
};

/// Chunks of a list of weights, numbered through. Their division depends on the weights only.
class Chunks {
  public:
    explicit Chunks(std::vector<const UnitScores*> weights) : weights_(std::move(weights)) {
        for (const UnitScores* weight : weights_) {
            starts_.push_back(count_);
            count_ += (weight->units() + weight->chunk() - 1) / weight->chunk();
        }
    }

    std::int64_t size() const { return count_; }

    Chunk operator[](std::int64_t number) const {
        const auto next = std::ranges::upper_bound(starts_, number);
        const auto index = static_cast<std::size_t>(next - starts_.begin()) - 1;
        const std::int64_t step = weights_[index]->chunk();
        const std::int64_t first = (number - starts_[index]) * step;
        return {index, first, std::min(step, weights_[index]->units() - first)};
    }

    /// Calls visit(result, chunk, scores) for every chunk, with scores that are not checked. Each thread has
    /// a result of its own, a copy of `start`; they are returned in the order of their chunks.
    template <class Result, class Visit>
    std::vector<Result> fold(int threads, const Result& start, Visit visit) const {
        std::map<std::int64_t, Result> results;
        std::mutex mutex;
        parallel_for(count_, threads, [&](std::int64_t begin, std::int64_t end) {
            Result result = start;
            std::vector<float> buffer;
            for (std::int64_t number = begin; number < end; ++number) {
                const Chunk chunk = (*this)[number];
                buffer.resize(static_cast<std::size_t>(chunk.count));
                weights_[chunk.index]->score_unchecked(chunk.first, buffer);
                visit(result, chunk, std::span<const float>(buffer));
            }
            const std::scoped_lock lock(mutex);
            results.emplace(begin, std::move(result));
        });
        std::vector<Result> in_order;
        for (auto& [begin, result] : results) in_order.push_back(std::move(result));
        return in_order;
    }

  private:
    std::vector<const UnitScores*> weights_;
    std::vector<std::int64_t> starts_;
    std::int64_t count_ = 0;
};

}  // namespace espalier::prune
