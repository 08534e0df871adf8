#include "cli/tuning_options.h"

#include "experiment/measure/tuning_file.h"

namespace espalier::cli {

void add_tuning_option(CLI::App& command, std::string& tuning) {
    command
        .add_option(
            "--tuning", tuning,
            "Look for the fastest kernels: none (by a model of their cost alone), quick (time what it "
            "leaves open, at most about 0.3 s), full (time all)")
        ->check(CLI::IsMember({"none", "quick", "full"}))
        ->capture_default_str();
}

void add_precision_option(CLI::App& command, std::string& precision) {
    command
        .add_option(
            "--precision", precision,
            "What convolutions and products compute in: f32, or bf16, or f16 (those with zeros), where "
            "this processor has it and is faster with it")
        ->check(CLI::IsMember(experiment::precision_names()))
        ->capture_default_str();
}

void add_tuning_options(CLI::App& command, TuningOptions& options) {
    add_precision_option(command, options.precision);
    add_tuning_option(command, options.tuning);
    command.add_option(
        "--tuned", options.tuned,
        "File of times that \"espalier bench --tuned\" kept (default: the one beside the model)");
}

runtime::Options compile_options(const TuningOptions& options, const std::filesystem::path& model,
                                 int threads, ProgressBar& bar) {
    runtime::Options compiled{.threads = threads,
                              .tuning = experiment::tuning_named(options.tuning),
                              .precision = experiment::precision_named(options.precision)};
    compiled.tuned = experiment::tuning_to_read(options.tuned, model);
    compiled.progress = [&bar](double share) { share < 1 ? bar.show(share, "compiling") : bar.hide(); };
    return compiled;
}

}  // namespace espalier::cli
