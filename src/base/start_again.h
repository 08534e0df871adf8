// Settings that a library reads from the environment when it is loaded, and so before main().
#pragma once

namespace espalier {

/// Sets a variable for this program once it starts again, and for what it starts.
void set_environment(const char* name, const char* value);

/// Starts this program again, with the environment as it is now; `argv` is main()'s. Where that fails (no
/// /proc), or was done and the environment has lost what was set (glibc drops its own variables from programs
/// with more rights than their user), it returns and the program goes on as it is: slower, not wrong.
void start_again(char** argv);

}  // namespace espalier
