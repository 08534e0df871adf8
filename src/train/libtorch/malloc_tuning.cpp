#include "train/libtorch/malloc_tuning.h"

#include <malloc.h>

#include <limits>

namespace espalier::train {

void keep_freed_memory() {
#ifdef __GLIBC__
    ::mallopt(M_MMAP_THRESHOLD, std::numeric_limits<int>::max());
    ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    ::mallopt(M_TOP_PAD, 64 << 20);  // the heap grows in fewer, larger steps
#endif
}

}  // namespace espalier::train
