// One task of a job array.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "espalier/error.h"
#include "lottery/cluster/submission.h"
#include "lottery/plan/missing.h"
#include "lottery/plan/needs.h"
#include "lottery/processes/leased.h"
#include "lottery/processes/pool.h"

namespace espalier::lottery {
namespace {

constexpr auto kTaskAgain = std::chrono::milliseconds(500);  // at a stage that another process works on

class Task {
  public:
    Task(const std::vector<StageSpec>& stages, const Recipe& recipe, const data::Dataset& dataset,
         store::Run& run, const TaskOptions& options)
        : stages_(stages),
          recipe_(recipe),
          dataset_(dataset),
          run_(run),
          options_(options),
          leases_(options.lease_seconds) {}

    void run(const std::string& hash) {
        const auto found = std::ranges::find(stages_, hash, &StageSpec::hash);
        if (found == stages_.end())
            throw BadData(fmt::format("stage {} is not of the run's recipe any more", hash));
        const auto stage = static_cast<std::size_t>(found - stages_.begin());
        try {
            require_needs(stage);
            work(stage);
        } catch (const Interrupted&) {
            throw;
        } catch (const std::exception& error) {
            const std::string line = fmt::format("{}: {}", describe(stages_[stage]), error.what());
            tell(line);
            if (!failure_) failure_ = line;
        }
    }

    void finish() const {
        if (failure_) throw Error(*failure_);
    }

  private:
    bool is_stopped() const { return options_.stop != nullptr && options_.stop->load(); }
    void tell(const std::string& line) const {
        if (options_.on_line) options_.on_line(line);
    }

    void require_needs(std::size_t stage) const {
        for (const std::size_t need : needs_of(stages_, stage)) {
            if (missing(run_, stages_[need], recipe_).needs_training())
                throw Error(fmt::format("needs {}, which is not done", describe(stages_[need])));
        }
    }

    void work(std::size_t stage) {
        const StageOptions options{.on_progress =
                                       [&](const StageProgress&) {
                                           if (is_stopped()) throw Interrupted("stopped");
                                       },
                                   .checkpoint_seconds = options_.checkpoint_seconds};
        while (!missing(run_, stages_[stage], recipe_).is_nothing()) {
            if (is_stopped()) throw Interrupted("stopped");
            const bool is_done = with_lease(
                run_, stages_[stage], leases_, options,
                [&](const StageOptions& own) { run_stage(stages_, stage, recipe_, dataset_, run_, own); });
            if (is_done) {
                tell(fmt::format("{}: done", describe(stages_[stage])));
                return;
            }
            std::this_thread::sleep_for(kTaskAgain);
        }
    }

    const std::vector<StageSpec>& stages_;
    const Recipe& recipe_;
    const data::Dataset& dataset_;
    store::Run& run_;
    const TaskOptions& options_;
    store::Leases leases_;
    std::optional<std::string> failure_;
};

}  // namespace

void run_task(const std::vector<StageSpec>& stages, const std::vector<std::string>& hashes,
              const Recipe& recipe, const data::Dataset& dataset, store::Run& run,
              const TaskOptions& options) {
    Task task(stages, recipe, dataset, run, options);
    for (const std::string& hash : hashes) task.run(hash);
    task.finish();
}

}  // namespace espalier::lottery
