// Ranks that run stages together, and stages that another process has: held, given up, taken over.
#include "lottery/processes/together.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/expect_error.h"
#include "base/files.h"
#include "lottery/ran.h"
#include "lottery/stage/stage_files.h"
#include "train/rank_threads.h"

namespace espalier::lottery {
namespace {

constexpr const char* kPrune = "rounds = 1\nrate = 0.5\n[retrain]\nto = \"3it\"\n";
constexpr const char* kElsewhere = "elsewhere 0000-1111 4711 99 5 1700000000\n";

class TogetherTest : public ::testing::Test {
  protected:
    std::filesystem::path folder(std::size_t stage) {
        return ran_.store().stage_folder(ran_.spec(stage).hash);
    }
    void run(const TogetherOptions& options, const std::vector<std::string>& errors) {
        EXPECT_EQ(train::testing::on_ranks(2,
                                           [&](train::Ranks& ranks) {
                                               store::Run run = store::Run::open(ran_.run().folder());
                                               run_together(ran_.specs(), ran_.recipe(), ran_.dataset(), run,
                                                            ranks, options);
                                           }),
                  errors);
    }

    testing::Ran ran_{kPrune, "", 1, {"train.shards=2"}, 0};
};

TEST_F(TogetherTest, GoOnFromAMachineThatIsLost) {
    write_text(folder(0) / "stage-lease-1", kElsewhere);
    run({.lease_seconds = 0.2}, {"", ""});
    for (const StageSpec& stage : ran_.specs()) EXPECT_TRUE(ran_.run().find_stage(stage.hash)) << stage.hash;
}

TEST_F(TogetherTest, DoNotTakeWhatAnotherProcessWorksOn) {
    store::Leases elsewhere{0.4};  // rewritten every 0.1 s
    const auto lease = elsewhere.take(folder(0), kStageLease);
    ASSERT_TRUE(lease);
    run({.lease_seconds = 1},
        std::vector<std::string>(2, "the dense network, replicate 0: another process works on it"));
    EXPECT_TRUE(lease->is_held());
}

TEST_F(TogetherTest, StopWhileTheyWait) {
    write_text(folder(0) / "stage-lease-1", kElsewhere);
    std::atomic<bool> stop{false};
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop = true;
    });
    run({.stop = &stop},
        std::vector<std::string>(2,
                                 "stopped after 0 of 2 stages; the same command goes on from there, with "
                                 "as many ranks as divide train.shards"));
    later.join();
}

TEST_F(TogetherTest, EndWhereAStageIsTakenOver) {
    ran_.change({"train.shards=2", "train.steps=100000it"});
    bool is_taken = false;
    TogetherOptions options;
    options.on_change = [&](const PoolStatus&) {
        if (!is_taken) write_text(folder(0) / "stage-lease-9", kElsewhere);
        is_taken = true;
    };
    run(options, {"the dense network, replicate 0: taken over by another process", "another rank has ended"});
}

}  // namespace
}  // namespace espalier::lottery
