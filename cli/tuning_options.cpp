#include "cli/tuning_options.h"

#include "base/files.h"

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

void add_tuning_options(CLI::App& command, TuningOptions& options) {
    add_tuning_option(command, options.tuning);
    command.add_option(
        "--tuned", options.tuned,
        "File of times that \"espalier bench --tuned\" kept (default: the one beside the model)");
}

runtime::Options::Tuning tuning_named(const std::string& name) {
    using enum runtime::Options::Tuning;
    return name == "none" ? none : name == "quick" ? quick : full;
}

runtime::Options compile_options(const TuningOptions& options, const std::filesystem::path& model,
                                 int threads, ProgressBar& bar) {
    runtime::Options compiled{.threads = threads, .tuning = tuning_named(options.tuning)};
    compiled.tuned = options.tuned;
    if (options.tuned.empty() && file_exists(tuned_beside(model)))
        compiled.tuned = tuned_beside(model).string();
    compiled.progress = [&bar](double share) { share < 1 ? bar.show(share, "compiling") : bar.hide(); };
    return compiled;
}

std::filesystem::path tuned_beside(const std::filesystem::path& model) {
    return model.parent_path() / ".espalier" / (model.filename().string() + ".tuning.json");
}

}  // namespace espalier::cli
