// How an experiment is handed to Slurm.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace espalier::cli {

struct SlurmArguments {
    bool slurm = false;
    std::string partition;
    std::string time;
    std::vector<std::string> options;  // more words of sbatch
    double pack_seconds = 600;
};

void add_slurm_options(CLI::App& command, SlurmArguments& arguments);

/// The same as words of a command line.
std::vector<std::string> to_arguments(const SlurmArguments& arguments);

/// "--partition=p", ...: what sbatch is given.
std::vector<std::string> sbatch_options(const SlurmArguments& arguments);

}  // namespace espalier::cli
