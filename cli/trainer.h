// The trainer, as the verbs of `espalier` start it.
#pragma once

#include <string>
#include <vector>

namespace espalier::cli {

/// False in a build without it (preset runtime).
bool has_trainer();

/// Runs it with these arguments; it prints for itself, and Ctrl-C reaches it. Ends the verb with its exit
/// code if that is not 0.
void require_trainer(const std::vector<std::string>& arguments);

}  // namespace espalier::cli
