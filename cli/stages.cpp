#include "cli/stages.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/files.h"
#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "base/threads/parallel.h"
#include "cli/machine.h"
#include "cli/progress.h"
#include "cli/shard.h"
#include "cli/table_width.h"
#include "cli/trainer.h"
#include "cli/verb.h"
#include "data/check.h"
#include "espalier/lottery.h"
#include "lottery/plan/estimate.h"
#include "lottery/plan/extension.h"
#include "lottery/plan/missing.h"
#include "lottery/processes/pool.h"
#include "surgery/not_prunable.h"

namespace espalier::cli {
namespace {

std::string stages_headline(const Recipe& recipe, const data::Dataset& dataset, const Graph& graph,
                            std::size_t stages, int jobs) {
    std::int64_t weights = 0;
    for (const std::string& name : prunable_weights(graph)) weights += graph.initializers.at(name).count();
    return fmt::format(
        "{} on {} · {} prunable weights · {} levels × {} arms × {} replicates · {} stages · {} job{}",
        lottery::network_name(recipe), dataset.name, with_commas(weights), recipe.prune.rounds + 1,
        recipe.arms.size() + recipe.experiment.controls.size() + 1, recipe.experiment.replicates, stages,
        jobs, jobs == 1 ? "" : "s");
}

/// "2026-11-25 03:14 UTC"
std::string now() { return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr))); }

void show(ProgressBar& bar, const std::vector<lottery::StageSpec>& stages,
          const lottery::PoolStatus& status) {
    const lottery::StageSpec& stage = stages[status.stage];
    const std::string name = stage.arm() == "ticket" && stage.level() == 0
                                 ? "dense network"
                                 : fmt::format("level {} · {}", stage.level(), stage.arm());
    const std::string what = fmt::format("{} · replicate {} · val {:.1f} %", name, stage.replicate,
                                         100 * status.validation_accuracy);
    if (status.finished) {
        bar.line(fmt::format("  {:3}/{} {}", status.stages_done, status.stages_total, what));
    }
    const double share = status.steps_total == 0 ? 1  // nothing is trained, only written
                                                 : static_cast<double>(status.steps_done) /
                                                       static_cast<double>(status.steps_total);
    bar.show(share, fmt::format("{} · loss {:.3f} · {} examples/s", what, status.loss,
                                with_commas(std::llround(status.examples_per_second))));
}

FileLock lock_of(const std::filesystem::path& folder, const Shard& shard) {
    if (shard.count == 1)
        return {folder / "lock", fmt::format("{}: another process works on this run", folder.string())};
    const std::string name = fmt::format("{} of {}", shard.index + 1, shard.count);
    return {folder / fmt::format("lock-{}-of-{}", shard.index + 1, shard.count),
            fmt::format("{}: another process works on shard {} of this run", folder.string(), name)};
}

/// One row for every arm and control, then what is left to do.
void print_plan(const std::vector<lottery::StageSpec>& stages, const Recipe& recipe,
                const data::Dataset& dataset, const std::filesystem::path& folder,
                const RunOptions& options) {
    struct Row {
        std::set<int> levels;
        int stages = 0;
        std::int64_t steps = 0;
    };
    std::vector<std::string> order;
    std::map<std::string, Row> rows;
    const bool begun = std::filesystem::exists(folder / "run.sqlite");
    std::optional<store::Run> run;
    if (begun) run = store::Run::open(folder);
    std::set<std::string> trained;
    for (const lottery::StageSpec& stage : stages) {
        if (run && !lottery::missing(*run, stage, recipe).needs_training()) trained.insert(stage.hash);
    }
    const auto is_done = [&](const std::string& hash) { return trained.contains(hash); };
    int done = 0;
    for (const lottery::StageSpec& stage : stages) {
        if (!rows.contains(stage.arm())) order.push_back(stage.arm());
        Row& row = rows[stage.arm()];
        row.levels.insert(stage.level());
        ++row.stages;
        const int copies = stage.kind == lottery::StageSpec::Kind::stability ? 2 : 1;
        row.steps += copies * (stage.last_step - stage.first_step);
        if (is_done(stage.hash)) ++done;
    }
    TextTable table({{.heading = "arm", .least = 16},
                     {"levels"},
                     {"stages", TextTable::Align::right},
                     {"steps", TextTable::Align::right}});
    for (const std::string& arm : order) {
        const Row& row = rows.at(arm);
        table.add({arm, fmt::format("{}-{}", *row.levels.begin(), *row.levels.rbegin()),
                   std::to_string(row.stages), with_commas(row.steps)});
    }
    const int jobs = options.jobs > 0 ? options.jobs : core_count();
    const double seconds = lottery::estimate_seconds(stages, recipe, dataset, is_done) / jobs;
    std::cout << table.text(table_width(false))
              << fmt::format("{} stages, {} done; at the pace of dense steps {} more with {} job{}\n",
                             stages.size(), done, format_duration(seconds), jobs, jobs == 1 ? "" : "s");
}

/// What a run has lost, or keeps no file of that a longer recipe needs, is made again; that is said.
void tell_lost(const std::vector<lottery::StageSpec>& stages, const Recipe& recipe, const store::Run& run) {
    for (const lottery::StageSpec& stage : stages) {
        const lottery::Missing missing = lottery::missing(run, stage, recipe);
        const std::string lost = lottery::lost_files(missing);
        if (missing.record || lost.empty()) continue;
        std::cerr << fmt::format("{}: {} not there, {} again\n", lottery::describe(stage), lost,
                                 missing.needs_training() ? "trained" : "written");
    }
}

}  // namespace

void run_stages(const Recipe& recipe, const std::filesystem::path& folder, const RunOptions& options,
                const std::function<void(store::Run&)>& note) {
    catch_interrupts();
    lottery::check_names(recipe);
    const data::Dataset dataset = data::load(lottery::source_of(recipe));
    const auto stages = lottery::plan(recipe, dataset);
    for (const std::string& remark : lottery::rehearse(recipe, dataset))
        std::cerr << "note: " << remark << std::endl;
    if (options.dry_run) {
        print_plan(stages, recipe, dataset, folder, options);
        return;
    }
    store::Run run = store::Run::create_or_open(folder, recipe.resolved());
    const Shard shard = shard_of(options.shard);
    const FileLock lock = lock_of(folder, shard);
    for (const std::string& line :
         {ignored_ranks(options.shard), lottery::take_recipe(run, recipe, stages, dataset)}) {
        if (!line.empty()) std::cerr << line << std::endl;
    }
    if (shard.count == 1) remove_half_written(folder);  // of others might be those that they write now
    lottery::remove_old_checkpoints(run, stages);
    tell_lost(stages, recipe, run);
    if (note) note(run);
    run.set_fact("machine", describe_machine());
    run.set_fact("version", ESPALIER_VERSION);
    if (!built_from().empty()) run.set_fact("commit", built_from());
    run.set_fact("network", lottery::network_name(recipe));
    run.set_fact("dataset", dataset.name);
    if (!run.facts().contains("started")) run.set_fact("started", now());
    const int jobs = options.jobs > 0 ? options.jobs : std::max(1, core_count() / shard.on_this_machine);
    const Graph graph = lottery::network(recipe, dataset, 0);
    const std::string others = surgery::describe(surgery::not_prunable(graph));
    run.set_fact("not prunable", others.empty() ? "all parameters are prunable" : others);
    std::cerr << stages_headline(recipe, dataset, graph, stages.size(), jobs) << std::endl;
    const std::string missing = data::missing_labels(dataset);
    if (!missing.empty()) {
        run.set_fact("missing labels", missing);
        std::cerr << "note: " << missing << std::endl;
    }

    ProgressBar bar;
    lottery::run_all(stages, recipe, run,
                     {.jobs = jobs,
                      .shard = shard.index,
                      .shards = shard.count,
                      .worker = {own_path(), "worker", folder.string(), "--checkpoint-seconds",
                                 fmt::format("{}", options.checkpoint_seconds)},
                      .on_change = [&](const lottery::PoolStatus& status) { show(bar, stages, status); },
                      .stop = &interrupted()});
}

void define_stage_verb(CLI::App& command, std::function<Recipe(const Recipe& recipe)> change,
                       std::function<void(store::Run&)> note) {
    struct Arguments {
        std::string recipe;
        std::string run;
        std::vector<std::string> changes;
        RunOptions options;
    };
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("recipe", arguments->recipe, "Recipe file (TOML)")->required();
    command.add_option("--run", arguments->run, "Folder of the run")->required();
    command.add_option("--set", arguments->changes, "KEY=VALUE")->allow_extra_args(false);
    add_run_options(command, arguments->options);
    command.callback([arguments, change, note] {
        run_stages(change(Recipe::from_file(arguments->recipe, arguments->changes)), arguments->run,
                   arguments->options, note);
    });
}

}  // namespace espalier::cli
