// Work that opens parallel regions of its own, called from inside somebody's region.
#pragma once

#include <omp.h>

#include <exception>
#include <thread>

namespace espalier {

/// Calls `body` where OpenMP gives it the threads that it asks for. Inside an active parallel region it would
/// get one (unless regions nest), and what was divided for more would be left undone: then `body` runs on a
/// thread of its own, which is in no region, and the caller waits. Throws what `body` throws.
template <class Body>
void outside_parallel_regions(const Body& body) {
    if (omp_get_active_level() == 0 || omp_get_active_level() < omp_get_max_active_levels()) return body();
    std::exception_ptr error;
    std::thread own([&] {
        try {
            body();
        } catch (...) {
            error = std::current_exception();
        }
    });
    own.join();
    if (error) std::rethrow_exception(error);
}

}  // namespace espalier
