// Sums over all ranks that run beside the backward pass: a part of the gradients travels while the others are
// computed.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "train/ranks/ranks.h"

namespace espalier::train {

/// All ranks begin the same sums in the same order, and use `ranks` for nothing else before finish().
class BackgroundSums {
  public:
    /// `ranks` outlives this; null or one alone: what is begun is the sum.
    explicit BackgroundSums(Ranks* ranks) : ranks_(has_others(ranks) ? ranks : nullptr) {}
    ~BackgroundSums();
    BackgroundSums(const BackgroundSums&) = delete;
    BackgroundSums& operator=(const BackgroundSums&) = delete;

    /// Nothing was begun since finish().
    bool is_empty() const { return values_.empty(); }
    /// Returns at once.
    void begin(std::vector<float> values);
    /// Waits for all that were begun since, and returns their sums in order. Throws what a sum threw; this is
    /// of no use any more then.
    std::vector<std::vector<float>> finish();

  private:
    void work();

    Ranks* ranks_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::vector<float>> values_;
    std::size_t summed_ = 0;  // of values_
    std::exception_ptr error_;
    bool ends_ = false;
    std::thread thread_;  // from the first begin() on
};

}  // namespace espalier::train
