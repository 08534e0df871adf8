// The number of OpenMP threads for a scope. It is a setting of the calling thread, so other users keep
// theirs. oneDNN reads it both when a primitive is made and when it runs.
#pragma once

#include <omp.h>

namespace espalier::runtime {

class ThreadScope {
  public:
    explicit ThreadScope(int threads) : before_(omp_get_max_threads()) {
        if (threads != before_) omp_set_num_threads(threads);
    }
    ~ThreadScope() {
        if (omp_get_max_threads() != before_) omp_set_num_threads(before_);
    }
    ThreadScope(const ThreadScope&) = delete;
    ThreadScope& operator=(const ThreadScope&) = delete;

  private:
    int before_;
};

}  // namespace espalier::runtime
