// What this machine is, for the record of a run.
#pragma once

#include <string>

namespace espalier::cli {

/// "AMD EPYC, 2 cores": the processor's name and the cores this process may use.
std::string describe_machine();

}  // namespace espalier::cli
