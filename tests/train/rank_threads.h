// Ranks that are threads of one process: what processes do over a network, without one.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "train/ranks/pairwise_sum.h"
#include "train/ranks/ranks.h"

namespace espalier::train::testing {

/// What the threads exchange. One that has ended with an exception ends the others with RankLost.
class Exchange {
  public:
    explicit Exchange(int size) : size_(size) {}

    std::vector<std::string> gather(int rank, const std::string& text) {
        std::unique_lock lock(mutex_);
        texts_.resize(static_cast<std::size_t>(size_));
        texts_[static_cast<std::size_t>(rank)] = text;
        const int turn = turn_;
        if (++come_ == size_) {
            come_ = 0;
            ++turn_;
            answer_ = texts_;
            changed_.notify_all();
        } else {
            changed_.wait(lock, [&] { return turn_ != turn || is_lost_; });
            if (turn_ == turn) throw RankLost("another rank has ended");
        }
        return answer_;
    }
    void lose() {
        const std::lock_guard lock(mutex_);
        is_lost_ = true;
        changed_.notify_all();
    }

  private:
    int size_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> texts_;
    std::vector<std::string> answer_;
    int come_ = 0;
    int turn_ = 0;
    bool is_lost_ = false;
};

class ThreadRanks : public Ranks {
  public:
    ThreadRanks(Exchange& exchange, int rank, int size) : exchange_(exchange), rank_(rank), size_(size) {}
    int rank() const override { return rank_; }
    int size() const override { return size_; }
    std::vector<std::string> gather(const std::string& text) override {
        return exchange_.gather(rank_, text);
    }
    void sum(std::span<float> values) override {
        const auto bytes = std::as_bytes(std::span(values));
        const auto all = gather({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        PairwiseSum sum;
        for (const std::string& text : all) {
            std::vector<float> part(values.size());
            std::memcpy(part.data(), text.data(), text.size());
            sum.add(std::move(part));
        }
        std::ranges::copy(sum.take(), values.begin());
        bytes_sent_ += static_cast<std::int64_t>(bytes.size());
    }

  private:
    Exchange& exchange_;
    int rank_;
    int size_;
};

/// Calls body(ranks) on `size` threads; the texts of what they throw, "" where nothing.
inline std::vector<std::string> on_ranks(int size, const std::function<void(Ranks&)>& body) {
    Exchange exchange(size);
    std::vector<std::string> errors(static_cast<std::size_t>(size));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) {
        threads.emplace_back([&, rank] {
            ThreadRanks ranks(exchange, rank, size);
            try {
                body(ranks);
            } catch (const std::exception& error) {
                errors[static_cast<std::size_t>(rank)] = error.what();
                exchange.lose();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    return errors;
}

}  // namespace espalier::train::testing
