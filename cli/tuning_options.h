// How long a verb may look for the fastest kernels, and where what it found is kept.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "cli/progress.h"
#include "espalier/runtime.h"

namespace espalier::cli {

struct TuningOptions {
    std::string precision = "f32";
    std::string tuning = "quick";
    std::string tuned;  // file; "": the one beside the model, where there is one
};

/// --tuning NAME, of which the value is the default.
void add_tuning_option(CLI::App& command, std::string& tuning);
/// --precision NAME, likewise.
void add_precision_option(CLI::App& command, std::string& precision);
/// Both, and --tuned FILE to read.
void add_tuning_options(CLI::App& command, TuningOptions& options);

/// With a bar on a terminal when compiling takes more than a second; `bar` must outlive the session.
runtime::Options compile_options(const TuningOptions& options, const std::filesystem::path& model,
                                 int threads, ProgressBar& bar);

}  // namespace espalier::cli
