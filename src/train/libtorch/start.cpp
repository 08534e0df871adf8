#include "train/libtorch/start.h"

#include "base/start_again.h"
#include "base/threads/spinning.h"
#include "train/libtorch/blas.h"
#include "train/libtorch/malloc_tuning.h"

namespace espalier::train {

void start(char** argv) {
    const bool for_openmp = limit_spinning();
    const bool for_blas = choose_blas_kernels();
    const bool for_malloc = use_huge_pages();
    if (for_openmp || for_blas || for_malloc) start_again(argv);
    keep_freed_memory();
}

}  // namespace espalier::train
