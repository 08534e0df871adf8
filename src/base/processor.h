// What this machine computes with.
#pragma once

#include <string>

namespace espalier {

/// "AMD EPYC 9R14": as the operating system names it; "unknown processor" where it does not.
std::string processor_name();

}  // namespace espalier
