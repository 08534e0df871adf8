#include "train/libtorch/malloc_tuning.h"

#include <malloc.h>

#include <cstdlib>
#include <limits>
#include <string>

#include "base/start_again.h"

namespace espalier::train {

void keep_freed_memory() {
#ifdef __GLIBC__
    ::mallopt(M_MMAP_THRESHOLD, std::numeric_limits<int>::max());
    ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    ::mallopt(M_TOP_PAD, 64 << 20);  // the heap grows in fewer, larger steps
#endif
}

void give_back_freed_memory() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

bool use_huge_pages() {
#ifdef __GLIBC__
    constexpr const char* kVariable = "GLIBC_TUNABLES";
    const char* set = std::getenv(kVariable);
    std::string tunables = set == nullptr ? "" : set;
    if (tunables.find("glibc.malloc.hugetlb") != std::string::npos) return false;
    if (!tunables.empty()) tunables += ':';
    set_environment(kVariable, (tunables + "glibc.malloc.hugetlb=1").c_str());
    return true;
#else
    return false;
#endif
}

}  // namespace espalier::train
