#include "lottery/experiment.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <memory>
#include <numeric>
#include <optional>
#include <set>

#include "base/files.h"
#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "base/threads/parallel.h"
#include "data/check.h"
#include "espalier/surgery.h"
#include "lottery/control.h"
#include "lottery/plan/estimate.h"
#include "lottery/plan/extension.h"
#include "lottery/plan/missing.h"
#include "lottery/processes/together.h"
#include "store/tables/score_name.h"
#include "surgery/not_prunable.h"

namespace espalier::lottery {
namespace {

std::string stages_headline(const Recipe& recipe, const data::Dataset& dataset, const Graph& graph,
                            std::size_t stages, int jobs) {
    std::int64_t weights = 0;
    for (const std::string& name : prunable_weights(graph, recipe.prune.include))
        weights += graph.initializers.at(name).count();
    return fmt::format(
        "{} on {} · {} prunable weights · {} levels × {} arms × {} replicates · {} stages · {} job{}",
        network_name(recipe), dataset.name, with_commas(weights), recipe.prune.rounds + 1,
        recipe.arms.size() + recipe.experiment.controls.size() + 1, recipe.experiment.replicates, stages,
        jobs, jobs == 1 ? "" : "s");
}

/// "2026-11-25 03:14 UTC"
std::string now() { return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr))); }

std::unique_ptr<FileLock> lock_of(const std::filesystem::path& folder, const store::Shard& shard) {
    if (shard.count == 1) {
        return std::make_unique<FileLock>(
            folder / "lock", fmt::format("{}: another process works on this run", folder.string()));
    }
    const std::string name = fmt::format("{} of {}", shard.index + 1, shard.count);
    return std::make_unique<FileLock>(
        folder / fmt::format("lock-{}-of-{}", shard.index + 1, shard.count),
        fmt::format("{}: another process works on shard {} of this run", folder.string(), name));
}

/// What a run has lost, or keeps no file of that a longer recipe needs, is made again; that is said.
void tell_lost(const std::vector<StageSpec>& stages, const Recipe& recipe, const store::Run& run,
               const std::function<void(const std::string&)>& tell) {
    for (const StageSpec& stage : stages) {
        const Missing lacks = missing(run, stage, recipe);
        const std::string lost = lost_files(lacks);
        if (lacks.record || lost.empty()) continue;
        tell(fmt::format("{}: {} not there, {} again", describe(stage), lost,
                         lacks.needs_training() ? "trained" : "written"));
    }
}

}  // namespace

Prepared prepare(const Recipe& recipe) {
    check_names(recipe);
    Prepared prepared{
        .recipe = recipe, .dataset = data::load(source_of(recipe)), .stages = {}, .remarks = {}};
    prepared.stages = plan(recipe, prepared.dataset);
    prepared.remarks = rehearse(recipe, prepared.dataset);
    return prepared;
}

namespace {

/// Leaves in the run what is known before its stages are.
void leave_facts(const Prepared& prepared, store::Run& run, const ExperimentOptions& options) {
    const Recipe& recipe = prepared.recipe;
    for (const auto& [name, value] : options.facts) run.set_fact(name, value);
    for (const std::string& name : recipe.experiment.controls) {
        const Control& control = controls().get(name);
        const auto [key, value] = store::to_fact(
            {std::string(control.name), std::string(control.label), control.position, control.chance});
        run.set_fact(key, value);
    }
    run.set_fact("network", network_name(recipe));
    run.set_fact("dataset", prepared.dataset.name);
    if (!prepared.dataset.train.have_classes()) run.set_fact(store::kScoreFact, "R2");
    if (!run.facts().contains("started")) run.set_fact("started", now());
    const Graph graph = network(recipe, prepared.dataset, 0);
    const std::string others =
        surgery::describe(surgery::not_prunable(graph, prunable_weights(graph, recipe.prune.include)));
    run.set_fact("not prunable", others.empty() ? "all parameters are prunable" : others);
    const std::string missing = data::missing_labels(prepared.dataset);
    if (!missing.empty()) run.set_fact("missing labels", missing);
}

int jobs_of(const ExperimentOptions& options) {
    if (options.ranks != nullptr) return 1;
    return options.jobs > 0 ? options.jobs : std::max(1, core_count() / options.shard.on_this_machine);
}

/// The run made ready and locked by the one process, or the first of several, that works on this part of it.
struct Begun {
    store::Run run;
    std::unique_ptr<FileLock> lock;
};

Begun begin(const Prepared& prepared, const std::filesystem::path& folder, const ExperimentOptions& options) {
    const auto& [recipe, dataset, stages, remarks] = prepared;
    const auto tell = [&](const std::string& line) {
        if (options.on_line && !line.empty()) options.on_line(line);
    };
    Begun begun{store::Run::create_or_open(folder, recipe.resolved()), lock_of(folder, options.shard)};
    store::Run& run = begun.run;
    tell(take_recipe(run, recipe, stages, dataset));
    if (options.shard.count == 1)
        remove_half_written(folder);  // of others might be those that they write now
    remove_old_checkpoints(run, stages);
    tell_lost(stages, recipe, run, tell);
    leave_facts(prepared, run, options);
    tell(stages_headline(recipe, dataset, network(recipe, dataset, 0), stages.size(), jobs_of(options)));
    const std::string missing = data::missing_labels(dataset);
    if (!missing.empty()) tell("note: " + missing);
    return begun;
}

void run_with(train::Ranks& ranks, const Prepared& prepared, const std::filesystem::path& folder,
              const ExperimentOptions& options) {
    const auto& [recipe, dataset, stages, remarks] = prepared;
    require_same_experiment(options.version, recipe, dataset, ranks);
    std::optional<Begun> begun;
    if (ranks.is_first()) begun.emplace(begin(prepared, folder, options));
    ranks.from_first("ready");
    std::optional<store::Run> opened;
    if (!begun) opened = store::Run::open(folder);
    run_together(stages, recipe, dataset, begun ? begun->run : *opened, ranks,
                 {.checkpoint_seconds = options.checkpoint_seconds,
                  .on_change = options.on_change,
                  .stop = options.stop});
}

}  // namespace

void run(const Prepared& prepared, const std::filesystem::path& folder, const ExperimentOptions& options) {
    if (options.ranks != nullptr) return run_with(*options.ranks, prepared, folder, options);
    const Begun begun = begin(prepared, folder, options);
    run_all(prepared.stages, prepared.recipe, begun.run,
            {.jobs = jobs_of(options),
             .shard = options.shard.index,
             .shards = options.shard.count,
             .worker = options.worker,
             .on_change = options.on_change,
             .stop = options.stop});
}

store::Run make_ready(const Prepared& prepared, const std::filesystem::path& folder,
                      const ExperimentOptions& options) {
    return std::move(begin(prepared, folder, options).run);
}

std::string describe_plan(const Prepared& prepared, const std::filesystem::path& folder, int wanted_jobs,
                          std::size_t width) {
    const auto& [recipe, dataset, stages, remarks] = prepared;
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
    for (const StageSpec& stage : stages) {
        if (run && !missing(*run, stage, recipe).needs_training()) trained.insert(stage.hash);
    }
    const auto is_done = [&](const StageSpec& stage) { return trained.contains(stage.hash); };
    int done = 0;
    for (const StageSpec& stage : stages) {
        if (!rows.contains(stage.arm())) order.push_back(stage.arm());
        Row& row = rows[stage.arm()];
        row.levels.insert(stage.level());
        ++row.stages;
        const int copies = stage.kind == StageSpec::Kind::stability ? 2 : 1;
        row.steps += copies * (stage.last_step - stage.first_step);
        if (is_done(stage)) ++done;
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
    const int jobs = wanted_jobs > 0 ? wanted_jobs : core_count();
    const std::vector<double> each = estimate_stages(stages, recipe, dataset, is_done);
    const double seconds = std::accumulate(each.begin(), each.end(), 0.0) / jobs;
    return table.text(width) +
           fmt::format("{} stages, {} done; at the pace of dense steps {} more with {} job{}\n",
                       stages.size(), done, format_duration(seconds), jobs, jobs == 1 ? "" : "s");
}

}  // namespace espalier::lottery
