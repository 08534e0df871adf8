// A loop over independent items on a few threads: base/threads/parallel.h without allocation and exceptions.
#pragma once

#include <omp.h>

#include <cstdint>

namespace espalier::kernels {

/// Calls body(item, thread) for every item, thread < threads. Neighbours go to the same thread.
template <class Body>
void for_each_item(std::int64_t count, int threads, const Body& body) noexcept {
    if (threads <= 1 || count <= 1) {  // OpenMP takes 0.1 us even for one thread
        for (std::int64_t item = 0; item < count; ++item) body(item, 0);
        return;
    }
    const int used = count < threads ? static_cast<int>(count) : threads;
#pragma omp parallel for num_threads(used) schedule(static)
    for (std::int64_t item = 0; item < count; ++item) body(item, omp_get_thread_num());
}

}  // namespace espalier::kernels
