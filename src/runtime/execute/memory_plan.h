// Where the intermediate values of a program live: one arena, in which values that are never needed at the
// same time share memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace espalier::runtime {

/// A buffer that is in use from step `first` to step `last`, both included.
struct Lifetime {
    std::size_t first = 0, last = 0;
    std::size_t bytes = 0;
};

struct Placement {
    std::vector<std::size_t> offsets;  // of each buffer, multiples of a cache line
    std::size_t bytes = 0;             // of the arena
};

/// Largest buffers first, each at the lowest offset where it meets no other one that lives at the same time.
Placement place(std::span<const Lifetime> lifetimes);

/// Memory that grows and is never given back, aligned to a cache line.
class Arena {
  public:
    std::byte* at_least(std::size_t bytes);

  private:
    struct Free {
        void operator()(std::byte* data) const;
    };
    std::unique_ptr<std::byte[], Free> data_;
    std::size_t bytes_ = 0;
};

}  // namespace espalier::runtime
