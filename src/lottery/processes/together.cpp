#include "lottery/processes/together.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "base/hash.h"
#include "espalier/error.h"
#include "lottery/plan/missing.h"
#include "lottery/plan/stage_hash.h"
#include "lottery/stage/stage_files.h"
#include "store/lease.h"

namespace espalier::lottery {
namespace {

constexpr auto kTogetherAgain = std::chrono::milliseconds(500);  // at a stage that another process works on

std::set<std::string> lines_of(const std::string& text) {
    std::set<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.insert(line);
    return lines;
}

/// A line that only one of the texts has, and whether it is the first's.
std::pair<std::string, bool> own_line(const std::string& first, const std::string& second) {
    const auto a = lines_of(first);
    const auto b = lines_of(second);
    for (const std::string& line : b) {
        if (!a.contains(line)) return {line, false};
    }
    for (const std::string& line : a) {
        if (!b.contains(line)) return {line, true};
    }
    return {"the order of its lines", false};
}

/// All that must be the same: where the data lie may differ from machine to machine.
std::string identity_of(Recipe recipe) {
    recipe.data.path.clear();
    for (Recipe& arm : recipe.arms) arm.data.path.clear();
    return recipe.identity();
}

class Together {
  public:
    Together(const std::vector<StageSpec>& stages, const Recipe& recipe, const data::Dataset& dataset,
             store::Run& run, train::Ranks& ranks, const TogetherOptions& options)
        : stages_(stages),
          recipe_(recipe),
          dataset_(dataset),
          run_(run),
          ranks_(ranks),
          options_(options),
          stage_options_{.on_progress = [&](const StageProgress& at) { progress(at); },
                         .checkpoint_seconds = options.checkpoint_seconds,
                         .ranks = &ranks},
          leases_(options.lease_seconds) {
        status_.stages_total = stages.size();
        for (const StageSpec& stage : stages) {
            const Missing what = missing(run, stage, recipe);
            lacking_.push_back(!what.is_nothing());
            if (what.needs_training()) status_.steps_total += stage.last_step - stage.first_step;
        }
        status_.stages_done = static_cast<std::size_t>(std::ranges::count(lacking_, false));
    }

    void run() {
        try {
            for (std::size_t i = 0; i < stages_.size(); ++i) {
                if (ranks_.any(is_stopped())) throw Interrupted("stopped");
                // The first one's word: it has written what others may not see yet.
                if (ranks_.from_first(lacking_[i] ? "lacking" : "done") == "done") continue;
                run_stage(i);
            }
        } catch (const Interrupted&) {
            throw Interrupted(
                fmt::format("stopped after {} of {} stages; the same command goes on from there, with as "
                            "many ranks as divide train.shards",
                            status_.stages_done, stages_.size()));
        }
    }

  private:
    bool is_stopped() const { return options_.stop != nullptr && options_.stop->load(); }

    void run_stage(std::size_t stage) {
        status_.stage = stage;
        status_.finished = false;
        const std::int64_t before = status_.steps_done;
        steps_before_ = before;
        take_lease(stage);
        // Whoever held it may have done it meanwhile.
        const bool is_done = ranks_.is_first() && missing(run_, stages_[stage], recipe_).is_nothing();
        if (ranks_.from_first(is_done ? "done" : "lacking") != "done") {
            lottery::run_stage(stages_, stage, recipe_, dataset_, run_, stage_options_);
            ranks_.from_first("written");
        }
        lease_.reset();
        status_.steps_done = before + stages_[stage].last_step - stages_[stage].first_step;
        status_.finished = true;
        ++status_.stages_done;
        if (const auto record = run_.find_stage(stages_[stage].hash))
            status_.validation_accuracy = record->validation_accuracy;
        tell();
    }

    /// The first rank's; all wait for it. That a holder's machine is lost shows after lease_seconds only.
    void take_lease(std::size_t stage) {
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::duration<double>(2 * options_.lease_seconds);
        while (true) {
            const bool is_late = std::chrono::steady_clock::now() >= until;
            if (ranks_.is_first()) lease_ = leases_.take(run_.stage_folder(stages_[stage].hash), kStageLease);
            if (ranks_.any(is_stopped())) throw Interrupted("stopped");
            const std::string word = ranks_.from_first(lease_ ? "taken" : is_late ? "late" : "held");
            if (word == "taken") return;
            if (word == "late")
                throw Error(fmt::format("{}: another process works on it", describe(stages_[stage])));
            std::this_thread::sleep_for(kTogetherAgain);
        }
    }

    void progress(const StageProgress& at) {
        if (lease_ && !lease_->is_held())
            throw Error(fmt::format("{}: taken over by another process", describe(stages_[status_.stage])));
        if (is_stopped()) throw Interrupted("stopped");
        status_.steps_done = steps_before_ + at.step - stages_[status_.stage].first_step;
        status_.loss = at.loss;
        status_.validation_accuracy = at.validation_accuracy;
        status_.examples_per_second = at.examples_per_second;
        tell();
    }

    void tell() const {
        if (options_.on_change && ranks_.is_first()) options_.on_change(status_);
    }

    const std::vector<StageSpec>& stages_;
    const Recipe& recipe_;
    const data::Dataset& dataset_;
    store::Run& run_;
    train::Ranks& ranks_;
    const TogetherOptions& options_;
    StageOptions stage_options_;
    store::Leases leases_;
    std::unique_ptr<store::Lease> lease_;  // on the first rank, of the stage in work
    std::vector<bool> lacking_;
    PoolStatus status_;
    std::int64_t steps_before_ = 0;  // of this stage
};

}  // namespace

void require_same_experiment(const std::string& version, const Recipe& recipe, const data::Dataset& dataset,
                             train::Ranks& ranks) {
    ranks.require_same("another version of espalier", version);
    const std::vector<std::string> recipes = ranks.gather(identity_of(recipe));
    for (std::size_t i = 1; i < recipes.size(); ++i) {
        if (recipes[i] == recipes[0]) continue;
        const auto [line, is_first] = own_line(recipes[0], recipes[i]);
        throw Error(fmt::format("rank {} has another recipe than rank 0: \"{}\" is in that of rank {} only",
                                i, line, is_first ? 0 : i));
    }
    ranks.require_same(fmt::format("other data (data set \"{}\")", dataset.name),
                       hash_hex(data_determinants(dataset)));
}

void run_together(const std::vector<StageSpec>& stages, const Recipe& recipe, const data::Dataset& dataset,
                  store::Run& run, train::Ranks& ranks, const TogetherOptions& options) {
    Together(stages, recipe, dataset, run, ranks, options).run();
}

}  // namespace espalier::lottery
