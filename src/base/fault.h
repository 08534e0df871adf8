// Named points around every durable write, where a test kills the process: what a crash leaves behind can
// then be aimed at instead of waited for. Only in a build with tests:
//   ESPALIER_FAULT=POINT[:N]   SIGKILL at the N-th pass of POINT in this process (the first)
//   ESPALIER_FAULT_LOG=FILE    every point that is passed, a line each, of all processes
#pragma once

#include <string_view>

namespace espalier {

/// A point "when:what", such as "rename:masks.safetensors". Does nothing in a build without tests.
void fault_point(std::string_view when, std::string_view what);

}  // namespace espalier
