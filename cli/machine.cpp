#include "cli/machine.h"

#include <fmt/format.h>

#include "base/processor.h"
#include "base/threads/parallel.h"

namespace espalier::cli {

std::string describe_machine() { return fmt::format("{}, {} cores", processor_name(), core_count()); }

std::string built_from() { return ESPALIER_COMMIT; }

}  // namespace espalier::cli
