#include "lottery/processes/pool.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <sstream>
#include <tuple>
#include <utility>

#include "espalier/error.h"
#include "lottery/plan/missing.h"
#include "lottery/plan/needs.h"
#include "lottery/processes/worker_process.h"

namespace espalier::lottery {
namespace {

enum class State { waiting, running, elsewhere, done, failed };

constexpr auto kLookAtTheirs = std::chrono::seconds(1);  // at what others work on

class Pool {
  public:
    Pool(const std::vector<StageSpec>& stages, const Recipe& recipe, const store::Run& run,
         const PoolOptions& options)
        : stages_(stages),
          recipe_(recipe),
          run_(run),
          options_(options),
          states_(stages.size(), State::waiting),
          work_(stages.size(), 0),
          steps_(stages.size(), 0),
          latest_(stages.size()) {
        status_.stages_total = stages.size();
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const Missing what = missing(run, stages[i], recipe);
            if (what.is_nothing()) {
                states_[i] = State::done;
                ++status_.stages_done;
            } else if (what.needs_training()) {
                work_[i] = stages[i].last_step - stages[i].first_step;
                status_.steps_total += work_[i];
            }
        }
    }

    void run() {
        while (!stopped()) {
            look_elsewhere();
            assign();
            if (workers_.empty() && !has(State::elsewhere)) break;
            listen();
        }
        if (stopped()) {
            throw Interrupted(
                fmt::format("stopped after {} of {} stages; the same command goes on from there",
                            status_.stages_done, stages_.size()));
        }
        if (failure_) throw Error(failure_->second);
    }

  private:
    struct Worker {
        WorkerProcess process;
        std::optional<std::size_t> stage;
    };

    bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

    /// The next stage of which all that it reads is done. Searches first: they are the longest chains,
    /// controls fill the gaps.
    std::optional<std::size_t> next() const {
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < stages_.size(); ++i) {
            if (states_[i] != State::waiting) continue;
            // The dense network stands before the parent, but may be the one that is trained again.
            if (!std::ranges::all_of(needs_of(stages_, i),
                                     [&](std::size_t need) { return states_[need] == State::done; }))
                continue;
            const auto rank = [&](std::size_t at) {
                const bool own = stages_[at].replicate % options_.shards == options_.shard;
                return std::tuple(stages_[at].kind, stages_[at].level(), own ? 0 : 1);
            };
            if (!best || rank(i) < rank(*best)) best = i;
        }
        return best;
    }

    void assign() {
        for (Worker& worker : workers_) {
            if (!worker.stage) give(worker);
        }
        while (workers_.size() < static_cast<std::size_t>(options_.jobs) && next()) {
            workers_.push_back({WorkerProcess(options_.worker), {}});
            give(workers_.back());
        }
        std::erase_if(workers_, [&](const Worker& worker) {
            return !worker.stage && !next() && !has(State::running) && !has(State::elsewhere);
        });
    }

    bool has(State state) const { return std::count(states_.begin(), states_.end(), state) > 0; }

    /// What others worked on is done by now, or may be taken over: they may have been killed.
    void look_elsewhere() {
        const auto now = std::chrono::steady_clock::now();
        if (now - looked_ < kLookAtTheirs) return;
        looked_ = now;
        std::set<std::string> recorded;
        if (options_.shards > 1) {
            for (const store::Position& position : run_.positions()) recorded.insert(position.hash);
        }
        for (std::size_t i = 0; i < states_.size(); ++i) {
            if (states_[i] == State::elsewhere) states_[i] = State::waiting;
            if (states_[i] == State::waiting && recorded.contains(stages_[i].hash) &&
                missing(run_, stages_[i], recipe_).is_nothing())
                finish(i);
        }
    }

    void finish(std::size_t stage) {
        states_[stage] = State::done;
        steps_[stage] = work_[stage];
        // One that was not trained here has told nothing on the way.
        if (latest_[stage].last_step == 0) {
            if (const auto record = run_.find_stage(stages_[stage].hash))
                latest_[stage].validation_accuracy = record->validation_accuracy;
        }
        ++status_.stages_done;
        changed(stage, true);
    }

    void give(Worker& worker) {
        const auto stage = next();
        if (!stage) return;
        worker.stage = stage;
        states_[*stage] = State::running;
        worker.process.send(stages_[*stage].hash);  // if this fails, its output ends too, and that is handled
    }

    void listen() {
        std::vector<pollfd> polled;
        for (const Worker& worker : workers_) polled.push_back({worker.process.output(), POLLIN, 0});
        constexpr int kMilliseconds = 200;  // how soon Ctrl-C is noticed
        if (::poll(polled.data(), polled.size(), kMilliseconds) <= 0) return;
        for (std::size_t i = workers_.size(); i-- > 0;) {
            if (polled[i].revents == 0) continue;
            if (const auto lines = workers_[i].process.receive()) {
                for (const std::string& line : *lines) handle(workers_[i], line);
            } else {
                lose(i);
            }
        }
    }

    void handle(Worker& worker, const std::string& line) {
        if (!worker.stage) return;
        const std::size_t stage = *worker.stage;
        std::istringstream words(line);
        std::string kind;
        std::string hash;
        words >> kind >> hash;
        if (hash != stages_[stage].hash) return;
        if (kind == "progress") {
            StageProgress& at = latest_[stage];
            words >> at.step >> at.last_step >> at.loss >> at.validation_accuracy >> at.examples_per_second;
            steps_[stage] = at.step - stages_[stage].first_step;
            changed(stage, false);
        } else if (kind == "done") {
            worker.stage.reset();
            finish(stage);
        } else if (kind == "busy") {
            worker.stage.reset();
            states_[stage] = State::elsewhere;
        } else if (kind == "failed") {
            worker.stage.reset();
            std::string message;
            std::getline(words >> std::ws, message);
            fail(stage, message);
        }
    }

    void lose(std::size_t index) {
        const std::optional<std::size_t> stage = workers_[index].stage;
        const std::string end = workers_[index].process.wait();
        workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(index));
        if (stage) {
            fail(*stage, fmt::format("its process {}", end));
        } else if (!failure_ && next()) {
            failure_ = {stages_.size(), fmt::format("a worker process {} before it had work", end)};
        }
    }

    /// Of several failures the one told is that of the first stage, whichever came first in time.
    void fail(std::size_t stage, const std::string& message) {
        states_[stage] = State::failed;
        if (!failure_ || stage < failure_->first)
            failure_ = {stage, fmt::format("{}: {}", describe(stages_[stage]), message)};
    }

    void changed(std::size_t stage, bool finished) {
        status_.stage = stage;
        status_.finished = finished;
        status_.loss = latest_[stage].loss;
        status_.validation_accuracy = latest_[stage].validation_accuracy;
        status_.examples_per_second = 0;
        for (std::size_t i = 0; i < stages_.size(); ++i) {
            if (states_[i] == State::running) status_.examples_per_second += latest_[i].examples_per_second;
        }
        status_.steps_done = 0;
        for (const std::int64_t steps : steps_) status_.steps_done += steps;
        if (options_.on_change) options_.on_change(status_);
    }

    const std::vector<StageSpec>& stages_;
    const Recipe& recipe_;
    const store::Run& run_;
    const PoolOptions& options_;
    std::chrono::steady_clock::time_point looked_{};
    std::vector<State> states_;
    std::vector<std::int64_t> work_;     // steps that each stage still needed at the beginning
    std::vector<std::int64_t> steps_;    // done, of each stage
    std::vector<StageProgress> latest_;  // last heard of each stage
    std::vector<Worker> workers_;
    PoolStatus status_;
    std::optional<std::pair<std::size_t, std::string>> failure_;  // of which stage, and what
};

}  // namespace

std::string describe(const StageSpec& stage) {
    if (stage.arm() == "ticket" && stage.level() == 0)
        return fmt::format("the dense network, replicate {}", stage.replicate);
    return fmt::format("{} at level {}, replicate {}", stage.arm(), stage.level(), stage.replicate);
}

void run_all(const std::vector<StageSpec>& stages, const Recipe& recipe, const store::Run& run,
             const PoolOptions& options) {
    Pool(stages, recipe, run, options).run();
}

}  // namespace espalier::lottery
