#include "train/ranks/background_sums.h"

#include <utility>

namespace espalier::train {

BackgroundSums::~BackgroundSums() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void BackgroundSums::begin(std::vector<float> values) {
    {
        const std::lock_guard lock(mutex_);
        values_.push_back(std::move(values));
        if (ranks_ == nullptr) summed_ = values_.size();
    }
    if (ranks_ == nullptr) return;
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    changed_.notify_all();
}

std::vector<std::vector<float>> BackgroundSums::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return summed_ == values_.size() || error_ != nullptr; });
    if (error_ != nullptr) std::rethrow_exception(error_);
    summed_ = 0;
    return std::exchange(values_, {});
}

void BackgroundSums::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return ends_ || summed_ < values_.size(); });
        if (ends_) return;
        std::vector<float> values = std::move(values_[summed_]);
        lock.unlock();
        try {
            ranks_->sum(values);
        } catch (...) {
            lock.lock();
            error_ = std::current_exception();
            changed_.notify_all();
            return;
        }
        lock.lock();
        values_[summed_++] = std::move(values);
        changed_.notify_all();
    }
}

}  // namespace espalier::train
