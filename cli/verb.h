// A verb of the command line: one file each, in cli/verbs (the program `espalier`) or cli/train_verbs (its
// second executable `espalier-train`, the only one that loads LibTorch).
#pragma once

#include <CLI/CLI.hpp>

#include <atomic>
#include <span>
#include <string>
#include <string_view>

#include "base/table.h"

namespace espalier::cli {

struct Verb {
    std::string_view name;
    std::string_view summary;
    std::string_view example;
    /// Adds options to `command` and sets its callback; errors are thrown.
    void (*define)(CLI::App& command);
};

const Table<Verb>& verbs();
const Table<Verb>& train_verbs();

/// Parses, runs, and turns every exception into one line on standard error and an exit code: 0, 1 (failed, or
/// what it printed could not be written) or 2 (bad usage, bad recipe).
int run_program(const std::string& program, const std::string& about, const Table<Verb>& verbs, int argc,
                char** argv);

/// Set when the user pressed Ctrl-C (after catch_interrupts()) or the process is to end (SIGTERM, after
/// either).
const std::atomic<bool>& interrupted();
void catch_interrupts();
void catch_termination();

/// Ends the process as one whose output nobody reads any more: quietly, by SIGPIPE.
[[noreturn]] void end_unread();

}  // namespace espalier::cli
