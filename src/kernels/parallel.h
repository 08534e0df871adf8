// A loop over independent items on a few threads: base/threads/parallel.h without allocation and exceptions.
#pragma once

#include <hwy/cache_control.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace espalier::kernels {

/// Items of one thread that nobody has begun: on a cache line of its own.
struct alignas(64) ItemShare {
    std::atomic<std::int64_t> next;
    std::int64_t end;
};

/// Calls body(item, thread) for every item, thread < threads. Neighbours go to the same thread; one that has
/// done its own takes over what others have not begun, so that a core which other programs slow down keeps
/// nobody waiting. What bodies wrote past the caches is in order with what comes after.
template <class Body>
void for_each_item(std::int64_t count, int threads, const Body& body) noexcept {
    constexpr std::int64_t kMostShares = 64;
    constexpr std::int64_t kSteps = 16;  // of a share: as many times it is asked for items
    if (threads <= 1 || count <= 1) {    // OpenMP takes 0.1 us even for one thread
        for (std::int64_t item = 0; item < count; ++item) body(item, 0);
        hwy::FlushStream();
        return;
    }
    const auto used = static_cast<int>(std::min<std::int64_t>(count, threads));
    const std::int64_t shares = std::min<std::int64_t>(used, kMostShares);
    const std::int64_t step = std::max<std::int64_t>(count / shares / kSteps, 1);
    ItemShare left[kMostShares];
    for (std::int64_t i = 0; i < shares; ++i) {
        left[i].next.store(count * i / shares, std::memory_order_relaxed);
        left[i].end = count * (i + 1) / shares;
    }
#pragma omp parallel num_threads(used)
    {
        const int thread = omp_get_thread_num();
        for (std::int64_t i = 0; i < shares; ++i) {
            ItemShare& share = left[(thread + i) % shares];
            for (;;) {
                const std::int64_t first = share.next.fetch_add(step, std::memory_order_relaxed);
                if (first >= share.end) break;
                for (std::int64_t item = first; item < std::min(first + step, share.end); ++item)
                    body(item, thread);
            }
        }
        hwy::FlushStream();
    }
}

}  // namespace espalier::kernels
