// Floats that each thread of a kernel has for itself, from a cache line on. They are not written: clearing
// what a dense convolution packs would be a pass over as much memory again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

namespace espalier::kernels {

class ThreadScratch {
  public:
    ThreadScratch(int threads, std::int64_t floats)
        : own_((floats + kLine - 1) / kLine * kLine),
          floats_(std::make_unique_for_overwrite<float[]>(
              static_cast<std::size_t>(own_ * std::max(threads, 1) + kLine))) {}

    float* of(int thread) {
        const auto past = reinterpret_cast<std::uintptr_t>(floats_.get()) / sizeof(float) % kLine;
        return floats_.get() + (kLine - past) % kLine + thread * own_;
    }

  private:
    static constexpr std::int64_t kLine = 16;
    std::int64_t own_;
    std::unique_ptr<float[]> floats_;
};

}  // namespace espalier::kernels
