// Loops over all cores. OpenMP, because oneDNN and LibTorch bring it too: one pool of threads in a process.
#pragma once

#include <cstdint>
#include <functional>

namespace espalier {

/// Number of cores this process may use (its affinity mask), at least 1.
int core_count();

/// Calls body(begin, end) on disjoint ranges that cover [0, count), on at most `threads` threads (0: all
/// cores). Ranges depend on count and threads only. Of the exceptions that bodies throw, that of the lowest
/// range is thrown again here, whichever came first in time.
void parallel_for(std::int64_t count, int threads,
                  const std::function<void(std::int64_t, std::int64_t)>& body);

}  // namespace espalier
