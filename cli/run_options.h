// How the stages of a recipe are run, whatever they are: options that `espalier` hands on to its trainer.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace espalier::cli {

struct RunOptions {
    int jobs = 0;  // stages at a time, one core each; 0: as many as there are cores
    double checkpoint_seconds = 30;
    std::string shard = {};       // "I/N"; "auto": as the launcher's environment says; "": all
    bool data_parallel = false;   // the processes of a launcher train every stage together
    bool dry_run = false;         // plan, and say how long it would take
    bool progress_lines = false;  // for another program: "SHARE TEXT" lines on standard output
};

std::vector<CLI::Option*> add_run_options(CLI::App& command, RunOptions& options);

/// Beside add_run_options(), for verbs that can.
CLI::Option* add_data_parallel_option(CLI::App& command, RunOptions& options);

/// The same options as words of a command line.
std::vector<std::string> to_arguments(const RunOptions& options);

}  // namespace espalier::cli
