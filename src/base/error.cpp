#include "espalier/error.h"

#include <fmt/format.h>

namespace espalier {

void assertion_failed(const char* condition, const char* file, int line) {
    throw InternalError(fmt::format("{}:{}: this should always hold: {}", file, line, condition));
}

}  // namespace espalier
