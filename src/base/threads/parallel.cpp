#include "base/threads/parallel.h"

#include <sched.h>

#include <algorithm>
#include <exception>

namespace espalier {

int core_count() {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    return std::max(1, CPU_COUNT(&allowed));
}

void parallel_for(std::int64_t count, int threads,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
    if (threads <= 0) threads = core_count();
    const auto parts = std::min<std::int64_t>(threads, count);
    if (parts <= 1) {
        if (count > 0) body(0, count);
        return;
    }
    std::exception_ptr failure;
    std::int64_t failed = parts;  // the part that it is of
#pragma omp parallel for num_threads(static_cast <int>(parts)) schedule(static, 1)
    for (std::int64_t part = 0; part < parts; ++part) {
        try {
            body(count * part / parts, count * (part + 1) / parts);
        } catch (...) {
#pragma omp critical
            if (part < failed) {
                failed = part;
                failure = std::current_exception();
            }
        }
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace espalier
