#include "lottery/cluster/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "espalier/error.h"
#include "lottery/cluster/slurm.h"
#include "lottery/cluster/submission.h"
#include "lottery/plan/missing.h"
#include "lottery/processes/pool.h"
#include "lottery/stage/stage_files.h"
#include "store/lease.h"

namespace espalier::lottery {
namespace {

constexpr std::int64_t kClockOff = 120;  // seconds; a lease is rewritten far more often

/// Who works on a stage, as far as its lease tells; "" for nobody.
std::string holder_of(const store::Run& run, const StageSpec& stage) {
    const std::filesystem::path folder = run.folder() / "stages" / stage.hash;
    if (!file_exists(folder)) return "";
    const store::LeaseState lease = store::lease_state(folder, kStageLease);
    store::Leases leases;
    if (lease.generation == 0 || leases.has_ended(folder, kStageLease, lease)) return "";
    const std::int64_t off = lease.text.clock - store::own_lease_text().clock;
    std::string holder = fmt::format("process {} of {}", lease.text.process, lease.text.host);
    if (off > kClockOff)
        holder += fmt::format(", whose clock is {} s ahead of this machine's (leases go by neither)", off);
    if (off < -kClockOff)
        holder += fmt::format(", which was last heard of {} s ago, or its clock is behind", -off);
    return holder;
}

/// What Slurm has queued, or why it is not known: stages are counted without it.
std::string slurm_line(const std::vector<std::int64_t>& jobs) {
    try {
        const std::string waiting = queued(jobs);
        return "Slurm: " + (waiting.empty() ? "nothing of this run is queued" : waiting);
    } catch (const Unsupported& error) {
        return fmt::format("Slurm was not asked: {}", error.what());
    } catch (const Error& error) {
        return fmt::format("Slurm gave no answer: {}", error.what());
    }
}

}  // namespace

std::vector<std::string> describe_status(const store::Run& run, const std::vector<StageSpec>& stages,
                                         const Recipe& recipe) {
    std::size_t done = 0;
    std::vector<std::string> holders;
    for (const StageSpec& stage : stages) {
        if (missing(run, stage, recipe).is_nothing()) {
            ++done;
            continue;
        }
        const std::string holder = holder_of(run, stage);
        if (!holder.empty()) holders.push_back(fmt::format("  {}: {}", describe(stage), holder));
    }
    std::vector<std::string> lines = {fmt::format("{} stages: {} done, {} in work, {} waiting", stages.size(),
                                                  done, holders.size(),
                                                  stages.size() - done - holders.size())};
    lines.insert(lines.end(), holders.begin(), holders.end());
    const std::vector<std::int64_t> jobs = jobs_of_run(run.folder());
    if (!jobs.empty()) lines.push_back(slurm_line(jobs));
    return lines;
}

}  // namespace espalier::lottery
