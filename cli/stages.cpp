#include "cli/stages.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <memory>

#include "base/processor.h"
#include "base/text/numbers.h"
#include "cli/common_options.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "cli/with_ranks.h"
#include "lottery/experiment.h"

namespace espalier::cli {
namespace {

struct Shown {
    double share;
    std::string what;  // "level 3 · ticket · replicate 0 · val 88.1 %"
    std::string pace;  // " · loss 0.312 · 5,000 examples/s"
};

Shown shown(const lottery::Prepared& prepared, const lottery::PoolStatus& status) {
    const lottery::StageSpec& stage = prepared.stages[status.stage];
    const std::string name = stage.arm() == "ticket" && stage.level() == 0
                                 ? "dense network"
                                 : fmt::format("level {} · {}", stage.level(), stage.arm());
    const double share = status.steps_total == 0 ? 1  // nothing is trained, only written
                                                 : static_cast<double>(status.steps_done) /
                                                       static_cast<double>(status.steps_total);
    return {share,
            fmt::format("{} · replicate {} · val {}{:.1f} %", name, stage.replicate,
                        prepared.dataset.train.have_classes() ? "" : "R2 ", 100 * status.validation_accuracy),
            fmt::format(" · loss {:.3f} · {} examples/s", status.loss,
                        with_commas(std::llround(status.examples_per_second)))};
}

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

}  // namespace

void run_stages(const Recipe& recipe, const std::filesystem::path& folder, const RunOptions& options,
                std::map<std::string, std::string> facts) {
    catch_interrupts();
    const lottery::Prepared prepared = lottery::prepare(recipe);
    const bool tells = !options.data_parallel || store::launched_or_alone().is_first();
    for (const std::string& remark : prepared.remarks)
        if (tells) std::cerr << "note: " << remark << std::endl;
    if (options.dry_run) {
        std::cout << lottery::describe_plan(prepared, folder, options.jobs, table_width(false));
        return;
    }
    facts.insert({{"machine", machine_name()}, {"version", ESPALIER_VERSION}});
    if (!built_from().empty()) facts.emplace("commit", built_from());
    if (const std::string line = store::ignored_ranks(options.shard); !line.empty() && !options.data_parallel)
        std::cerr << line << std::endl;
    ProgressBar bar;
    const auto show = [&](const lottery::PoolStatus& status) {
        const auto [share, what, pace] = shown(prepared, status);
        if (options.progress_lines) {
            std::cout << fmt::format("{:.6f} {}\n", share, what) << std::flush;
            return;
        }
        if (status.finished)
            bar.line(fmt::format("  {:3}/{} {}", status.stages_done, status.stages_total, what));
        bar.show(share, what + pace);
    };
    lottery::ExperimentOptions experiment{
        .jobs = options.jobs,
        .shard = store::shard_of(options.shard),
        .checkpoint_seconds = options.checkpoint_seconds,
        .version = fmt::format("{} {}", ESPALIER_VERSION, built_from()),
        .worker = {own_path(), "worker", folder.string(), "--checkpoint-seconds",
                   fmt::format("{}", options.checkpoint_seconds)},
        .facts = std::move(facts),
        .on_line = [&](const std::string& line) { bar.line(line); },
        .on_change = show,
        .stop = &interrupted()};
    if (!options.data_parallel) return lottery::run(prepared, folder, experiment);
    with_ranks(folder, [&](train::Ranks& ranks) {
        experiment.ranks = &ranks;
        lottery::run(prepared, folder, experiment);
    });
}

void add_stage_options(CLI::App& command, StageArguments& arguments) {
    command.add_option("recipe", arguments.recipe, "Recipe file (TOML)")->required();
    command.add_option("--run", arguments.run, "Folder of the run")->required();
    command.add_option("--set", arguments.changes, "KEY=VALUE")->allow_extra_args(false);
    add_run_options(command, arguments.options);
}

std::shared_ptr<StageArguments> define_stage_verb(CLI::App& command,
                                                  std::function<Recipe(const Recipe& recipe)> change,
                                                  std::function<std::map<std::string, std::string>()> facts) {
    const auto arguments = std::make_shared<StageArguments>();
    add_stage_options(command, *arguments);
    add_data_parallel_option(command, arguments->options);
    command.add_flag(
        "--progress-lines", arguments->options.progress_lines,
        "Tell progress as lines \"SHARE TEXT\" on standard output, for the program that started this one");
    command.callback([arguments, change, facts] {
        run_stages(change(Recipe::from_file(arguments->recipe, arguments->changes)), arguments->run,
                   arguments->options, facts ? facts() : std::map<std::string, std::string>());
    });
    return arguments;
}

}  // namespace espalier::cli
