#include "base/processor.h"

#include <fmt/format.h>

#include <fstream>

#include "base/threads/parallel.h"

namespace espalier {

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown processor";
}

std::string machine_name() { return fmt::format("{}, {} cores", processor_name(), core_count()); }

}  // namespace espalier
