#include "base/threads/spinning.h"

#include <unistd.h>

#include <cstdlib>

namespace espalier {

void limit_spinning(char** argv) {
    if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
    ::setenv("GOMP_SPINCOUNT", "10000", 1);
    ::execv("/proc/self/exe", argv);
    // Where this fails (no /proc), the program goes on as it is: slower under load, not wrong.
}

}  // namespace espalier
