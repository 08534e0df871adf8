// What this machine is, for the record of a run.
#pragma once

#include <string>

namespace espalier::cli {

/// "AMD EPYC, 2 cores": the processor's name and the cores this process may use.
std::string describe_machine();

/// Of the sources that this was built from, with + if they had changed; "" outside of a repository.
std::string built_from();

}  // namespace espalier::cli
