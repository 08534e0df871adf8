// How `espalier` starts `espalier-train`, as git starts its subcommands.
#pragma once

#include <string>
#include <vector>

namespace espalier::cli {

/// The executable that runs now.
std::string own_path();

/// False in a build without it (preset runtime).
bool has_trainer();

/// Runs `espalier-train` with these arguments and waits; gives its exit code. Throws Unsupported if this is a
/// build without it. Ctrl-C reaches the child, which decides.
int run_trainer(const std::vector<std::string>& arguments);

/// Ends the verb with the child's exit code when it is not 0; its message is printed already.
void require_trainer(const std::vector<std::string>& arguments);

}  // namespace espalier::cli
