#include "cli/machine.h"

#include <fmt/format.h>

#include <fstream>

#include "base/threads/parallel.h"

namespace espalier::cli {

std::string describe_machine() {
    std::ifstream file("/proc/cpuinfo");
    std::string processor = "unknown processor";
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) {
            processor = line.substr(line.find(':') + 2);
            break;
        }
    }
    return fmt::format("{}, {} cores", processor, core_count());
}

std::string built_from() { return ESPALIER_COMMIT; }

}  // namespace espalier::cli
