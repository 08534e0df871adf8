// A run of made-up stages, for made_up_stages_test.py: the real pool, leases and store, and stages that only
// wait.
//   made_up_stages pool RUN SHARD SHARDS STAGES SECONDS
//   made_up_stages worker RUN STAGES SECONDS
// Every stage that is done is a line of RUN/log.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <thread>

#include "base/files.h"
#include "espalier/error.h"
#include "lottery/plan/missing.h"
#include "lottery/processes/answer.h"
#include "lottery/processes/leased.h"
#include "lottery/processes/pool.h"

namespace espalier::lottery {
namespace {

/// Chains of ten, as of a ticket's levels; stabilities, as they leave nothing but a record.
std::vector<StageSpec> made_up(int count) {
    constexpr int kChain = 10;
    std::vector<StageSpec> stages;
    for (int i = 0; i < count; ++i) {
        StageSpec stage;
        stage.kind = StageSpec::Kind::stability;
        stage.hash = fmt::format("made-up-{}", i);
        stage.places = {{"stability", i % kChain}};
        stage.replicate = i / kChain;
        stage.parent = i % kChain == 0 ? -1 : i - 1;
        stages.push_back(stage);
    }
    return stages;
}

void work(const std::vector<StageSpec>& stages, store::Run& run, double seconds) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::atomic<bool> stop{false};
    store::Leases leases;
    answer(stages, 30, stop, [&](std::size_t at, const StageOptions& options) {
        const StageSpec& stage = stages[at];
        return with_lease(run, stage, leases, options, [&](const StageOptions&) {
            if (missing(run, stage, Recipe()).is_nothing()) return;
            std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
            run.add(store::Stability{.hash = stage.hash,
                                     .level = stage.level(),
                                     .replicate = stage.replicate,
                                     .step = 0,
                                     .points = {{0, 0, 0}}});
            append_text(run.folder() / "log", stage.hash + "\n");
        });
    });
}

int run(const std::vector<std::string>& words) {
    const std::string own = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::filesystem::path folder = words.at(2);
    if (words.at(1) == "pool") {
        store::Run run = store::Run::create_or_open(folder, "made up");
        run_all(made_up(std::stoi(words.at(5))), Recipe(), run,
                {.jobs = 1,
                 .shard = std::stoi(words.at(3)),
                 .shards = std::stoi(words.at(4)),
                 .worker = {own, "worker", folder.string(), words.at(5), words.at(6)},
                 .on_change = {},
                 .stop = nullptr});
        return 0;
    }
    store::Run run = store::Run::open(folder);
    work(made_up(std::stoi(words.at(3))), run, std::stod(words.at(4)));
    return 0;
}

}  // namespace
}  // namespace espalier::lottery

int main(int argc, char** argv) {
    try {
        return espalier::lottery::run({argv, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
