// Run the stages of a lottery-ticket experiment, or have Slurm run them.
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/processor.h"
#include "cli/slurm_options.h"
#include "cli/stages.h"
#include "cli/verb.h"
#include "lottery/cluster/submission.h"

namespace espalier::cli::train_verbs_::ticket_ {
namespace {

void submit(const StageArguments& arguments, const SlurmArguments& slurm) {
    const Recipe recipe = Recipe::from_file(arguments.recipe, arguments.changes);
    const lottery::Prepared prepared = lottery::prepare(recipe);
    for (const std::string& remark : prepared.remarks) std::cerr << "note: " << remark << std::endl;
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe");
    std::cout << lottery::submit_run(
                     prepared, arguments.run,
                     {.jobs = 1,
                      .facts = {{"machine", machine_name()}, {"version", ESPALIER_VERSION}},
                      .on_line = [](const std::string& line) { std::cout << line << std::endl; }},
                     {.words = sbatch_options(slurm),
                      .pack_seconds = slurm.pack_seconds,
                      .checkpoint_seconds = arguments.options.checkpoint_seconds,
                      .trainer = own.string(),
                      .program = (own.parent_path() / "espalier").string()})
              << std::endl;
}

void define(CLI::App& command) {
    const auto slurm = std::make_shared<SlurmArguments>();
    const auto arguments = define_stage_verb(command, [](const Recipe& recipe) { return recipe; });
    add_slurm_options(command, *slurm);
    command.callback([arguments, slurm] {
        if (slurm->slurm) return submit(*arguments, *slurm);
        run_stages(Recipe::from_file(arguments->recipe, arguments->changes), arguments->run,
                   arguments->options);
    });
}

}  // namespace

extern const Verb ticket{.name = "ticket",
                         .summary = "Run the stages of a lottery-ticket experiment",
                         .example = "espalier ticket recipes/demo.toml",
                         .define = define};

}  // namespace espalier::cli::train_verbs_::ticket_
