// Vectors for what is read from memory again and again: weights of a network that no cache holds.
#pragma once

#include <cstddef>
#include <vector>

#include "base/memory.h"

namespace espalier {

/// Memory by allocate_aligned(), so from 2 MB on in huge pages where the system has them: with pages of 4 KB
/// the hardware's own fetching ends at every one of them.
template <class T>
class HugePages {
  public:
    using value_type = T;

    HugePages() = default;
    template <class U>
    HugePages(const HugePages<U>&) noexcept {}  // NOLINT(google-explicit-constructor): as allocators are

    /// Throws OutOfMemory.
    T* allocate(std::size_t count) {
        return reinterpret_cast<T*>(allocate_aligned(count * sizeof(T), kCacheLine));
    }
    void deallocate(T* data, std::size_t) noexcept { free_aligned(reinterpret_cast<std::byte*>(data)); }

    friend bool operator==(const HugePages&, const HugePages&) { return true; }

  private:
    static constexpr std::size_t kCacheLine = 64;
};

template <class T>
using WeightVector = std::vector<T, HugePages<T>>;

}  // namespace espalier
