// What this machine computes with.
#pragma once

#include <string>

namespace espalier {

/// "AMD EPYC 9R14": as the operating system names it; "unknown processor" where it does not.
std::string processor_name();

/// "AMD EPYC, 2 cores": the processor and the cores that this process may use.
std::string machine_name();

}  // namespace espalier
