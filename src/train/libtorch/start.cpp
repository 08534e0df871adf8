#include "train/libtorch/start.h"

#include "base/start_again.h"
#include "base/threads/spinning.h"
#include "train/libtorch/blas.h"
#include "train/libtorch/malloc_tuning.h"

namespace espalier::train {

void start(char** argv) {
    const bool spins = limit_spinning();
    const bool multiplies = choose_blas_kernels();
    const bool pages = use_huge_pages();
    if (spins || multiplies || pages) start_again(argv);
    keep_freed_memory();
}

}  // namespace espalier::train
