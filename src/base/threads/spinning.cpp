#include "base/threads/spinning.h"

#include <cstdlib>

#include "base/start_again.h"

namespace espalier {

bool limit_spinning() {
    if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return false;
    set_environment("GOMP_SPINCOUNT", "10000");
    return true;
}

}  // namespace espalier
