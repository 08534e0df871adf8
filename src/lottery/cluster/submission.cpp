#include "lottery/cluster/submission.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>
#include <sstream>

#include "base/files.h"
#include "base/text/numbers.h"
#include "espalier/error.h"
#include "lottery/cluster/packs.h"
#include "lottery/cluster/slurm.h"
#include "lottery/plan/estimate.h"
#include "lottery/plan/missing.h"

namespace espalier::lottery {
namespace {

constexpr std::size_t kLargestArray = 1000;  // Slurm's MaxArraySize is 1001 unless a site sets another
constexpr int kAgain = 75;                   // what a task ends with that is to be queued again

std::filesystem::path slurm_folder(const std::filesystem::path& run) { return run / "slurm"; }

std::string quoted(const std::string& word) {
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// The shell that Slurm starts hands on what Slurm tells it: USR1 before the time limit, TERM at the end.
std::string task_script(const std::filesystem::path& run, std::size_t array, const SlurmOptions& slurm) {
    return fmt::format(R"(#!/bin/bash
# Written by espalier ticket --slurm.
{} task {} {} "$SLURM_ARRAY_TASK_ID" --checkpoint-seconds {} &
child=$!
trap 'kill -USR1 "$child" 2>/dev/null' USR1
trap 'kill -TERM "$child" 2>/dev/null' TERM
while kill -0 "$child" 2>/dev/null; do wait "$child"; done
wait "$child"
code=$?
[ "$code" = {} ] && exec scontrol requeue "$SLURM_JOB_ID"
exit "$code"
)",
                       quoted(slurm.trainer), quoted(run.string()), array, slurm.checkpoint_seconds, kAgain);
}

std::string report_script(const std::filesystem::path& run, const SlurmOptions& slurm) {
    return fmt::format(
        "#!/bin/bash\n# Written by espalier ticket --slurm.\nexec {} ticket {} --run {} --jobs 1\n",
        quoted(slurm.program), quoted((run / "recipe.toml").string()), quoted(run.string()));
}

/// Arrays that no site refuses for their size.
PackPlan split(PackPlan plan) {
    PackPlan out;
    for (const PackArray& array : plan) {
        for (std::size_t first = 0; first < array.size(); first += kLargestArray) {
            const std::size_t last = std::min(first + kLargestArray, array.size());
            out.emplace_back(array.begin() + static_cast<std::ptrdiff_t>(first),
                             array.begin() + static_cast<std::ptrdiff_t>(last));
        }
    }
    return out;
}

std::string to_text(const PackPlan& plan, const std::vector<StageSpec>& stages) {
    std::string text;
    for (std::size_t array = 0; array < plan.size(); ++array) {
        for (std::size_t task = 0; task < plan[array].size(); ++task) {
            text += fmt::format("{} {}", array, task);
            for (const std::size_t stage : plan[array][task]) text += " " + stages[stage].hash;
            text += "\n";
        }
    }
    return text;
}

std::int64_t submit_array(const std::filesystem::path& run, const PackPlan& plan, std::size_t array,
                          std::optional<std::int64_t> after, const SlurmOptions& slurm) {
    const std::filesystem::path script = slurm_folder(run) / fmt::format("array-{}.sh", array);
    write_text(script, task_script(run, array, slurm));
    return submit({.name = fmt::format("{}-{}", run.filename().string(), array),
                   .script = script.string(),
                   .output = (slurm_folder(run) / fmt::format("array-{}-%a.log", array)).string(),
                   .tasks = plan[array].size(),
                   .after = after,
                   .options = slurm.words,
                   .is_told_of_limit = true});
}

std::int64_t submit_report(const std::filesystem::path& run, std::optional<std::int64_t> after,
                           const SlurmOptions& slurm) {
    const std::filesystem::path script = slurm_folder(run) / "report.sh";
    write_text(script, report_script(run, slurm));
    return submit({.name = fmt::format("{}-report", run.filename().string()),
                   .script = script.string(),
                   .output = (slurm_folder(run) / "report.log").string(),
                   .tasks = 1,
                   .after = after,
                   .options = slurm.words});
}

}  // namespace

std::string submit_run(const Prepared& prepared, const std::filesystem::path& folder,
                       const ExperimentOptions& options, const SlurmOptions& slurm) {
    require_enough_time(slurm.words);
    const std::vector<StageSpec>& stages = prepared.stages;
    const std::filesystem::path run_folder = std::filesystem::absolute(folder).lexically_normal();
    if (const std::string waiting = queued(jobs_of_run(run_folder)); !waiting.empty()) {
        throw Error(fmt::format(
            "{}: {} jobs of this run are queued already ({}); wait for them, or scancel {}", folder.string(),
            jobs_of_run(run_folder).size(), waiting, fmt::join(jobs_of_run(run_folder), " ")));
    }
    const std::vector<double> seconds = [&] {
        const store::Run run = make_ready(prepared, run_folder, options);
        return estimate_stages(stages, prepared.recipe, prepared.dataset, [&](const StageSpec& stage) {
            return missing(run, stage, prepared.recipe).is_nothing();
        });
    }();
    const PackPlan plan = split(pack(stages, seconds, slurm.pack_seconds));
    make_folder(slurm_folder(run_folder));
    write_text(slurm_folder(run_folder) / "packs", to_text(plan, stages));
    std::vector<std::int64_t> jobs;
    std::size_t tasks = 0;
    try {
        const auto last = [&] { return jobs.empty() ? std::nullopt : std::optional(jobs.back()); };
        for (std::size_t array = 0; array < plan.size(); ++array) {
            jobs.push_back(submit_array(run_folder, plan, array, last(), slurm));
            tasks += plan[array].size();
        }
        jobs.push_back(submit_report(run_folder, last(), slurm));
    } catch (const Error&) {
        cancel(jobs);
        throw;
    }
    write_text(slurm_folder(run_folder) / "jobs", fmt::format("{}\n", fmt::join(jobs, "\n")));
    return fmt::format(
        "submitted {} tasks in {} arrays, about {} of work, and the report: jobs {}; espalier "
        "ticket --status {} tells how far they are",
        tasks, plan.size(), format_duration(std::accumulate(seconds.begin(), seconds.end(), 0.0)),
        fmt::join(jobs, " "), folder.string());
}

std::vector<std::string> task_of(const std::filesystem::path& folder, std::int64_t array, std::int64_t task) {
    const std::filesystem::path file = slurm_folder(folder) / "packs";
    std::istringstream in(read_text(file));
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::int64_t a = -1;
        std::int64_t t = -1;
        words >> a >> t;
        if (a != array || t != task) continue;
        std::vector<std::string> hashes;
        for (std::string hash; words >> hash;) hashes.push_back(hash);
        return hashes;
    }
    throw BadData(fmt::format("{}: has no task {} of array {}", file.string(), task, array));
}

std::vector<std::int64_t> jobs_of_run(const std::filesystem::path& folder) {
    const std::filesystem::path file = slurm_folder(folder) / "jobs";
    std::vector<std::int64_t> jobs;
    if (!file_exists(file)) return jobs;
    std::istringstream in(read_text(file));
    for (std::int64_t job = 0; in >> job;) jobs.push_back(job);
    return jobs;
}

}  // namespace espalier::lottery
