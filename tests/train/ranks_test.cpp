// The order of a sum, and processes that meet over Gloo (here threads, which it does not tell from them).
#include "train/ranks/ranks.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "train/ranks/pairwise_sum.h"
#include "train/ranks/reach.h"

namespace espalier::train {
namespace {

using testing::TemporaryFolder;

std::vector<float> random_values(std::size_t count, int which) {
    Random random(1, "values " + std::to_string(which));
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
    return values;
}

std::vector<float> sum_of(int first, int last, std::size_t count) {
    PairwiseSum sum;
    for (int i = first; i < last; ++i) sum.add(random_values(count, i));
    return sum.take();
}

TEST(PairwiseSum, AddsNeighboursThenPairsOfPairs) {
    const float tiny = 0x1p-24F;  // 1 + tiny rounds to 1, 1 + 2 tiny does not
    PairwiseSum sum;
    for (const float value : {1.0F, 0.0F, tiny, tiny}) sum.add({value});
    EXPECT_EQ(sum.take()[0], 1.0F + 2 * tiny);
    for (const float value : {1.0F, tiny, tiny}) sum.add({value});  // the third goes on alone
    EXPECT_EQ(sum.take()[0], 1.0F);
    for (const float value : {tiny, tiny, 1.0F}) sum.add({value});
    EXPECT_EQ(sum.take()[0], 1.0F + 2 * tiny);
}

TEST(PairwiseSum, PartsOfSeveralRanksGiveTheSameBits) {
    for (const int shards : {4, 6, 8, 24}) {
        const std::vector<float> whole = sum_of(0, shards, 100);
        for (int ranks = 1; ranks <= shards; ++ranks) {
            if (!divides_evenly(shards, ranks)) continue;
            PairwiseSum sum;
            for (int r = 0; r < ranks; ++r)
                sum.add(sum_of(r * shards / ranks, (r + 1) * shards / ranks, 100));
            EXPECT_EQ(sum.take(), whole) << shards << " shards, " << ranks << " ranks";
        }
    }
}

TEST(PairwiseSum, SaysWhichRanksDivideTheShards) {
    EXPECT_TRUE(divides_evenly(8, 1) && divides_evenly(8, 2) && divides_evenly(8, 8));
    EXPECT_TRUE(divides_evenly(6, 3) && divides_evenly(7, 1) && divides_evenly(6, 6));
    EXPECT_FALSE(divides_evenly(8, 3) || divides_evenly(6, 2) || divides_evenly(2, 4));
}

/// What rank `rank` of `size` does in `folder`; returns what it throws, or "".
std::string meets(const std::filesystem::path& folder, int rank, int size, double patience,
                  const std::function<void(Ranks&)>& body) {
    try {
        const auto ranks =
            meet({.place = {.index = rank, .count = size}, .folder = folder, .patience_seconds = patience});
        body(*ranks);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

std::vector<std::string> all_meet(const std::filesystem::path& folder, int size,
                                  const std::function<void(Ranks&)>& body, double patience = 60) {
    std::vector<std::string> errors(static_cast<std::size_t>(size));
    std::vector<std::thread> threads;
    for (int rank = size - 1; rank >= 0; --rank) {
        threads.emplace_back([&, rank] {
            errors[static_cast<std::size_t>(rank)] = meets(folder, rank, size, patience, body);
        });
    }
    for (std::thread& thread : threads) thread.join();
    return errors;
}

/// Ranks that are processes, or threads as such, meet over Gloo; a build without it has none.
class RanksTest : public ::testing::Test {
  protected:
    void SetUp() override {
#ifdef ESPALIER_NO_GLOO
        GTEST_SKIP() << "a build without Gloo";
#endif
        std::signal(SIGPIPE, SIG_IGN);  // as the program does: Gloo writes to ranks that may have gone
    }
};

TEST(Ranks, OneWaitsForNobody) {
    const auto alone = meet({.place = {}, .folder = "/nowhere"});
    EXPECT_EQ(alone->size(), 1);
    EXPECT_EQ(alone->gather("x"), std::vector<std::string>{"x"});
}

TEST_F(RanksTest, MeetSumAndGather) {
    for (const int size : {2, 3, 4}) {
        const TemporaryFolder folder;
        const std::vector<float> expected = sum_of(0, size, 1001);
        const auto errors = all_meet(folder / "run", size, [&](Ranks& ranks) {
            std::vector<float> values = random_values(1001, ranks.rank());
            ranks.sum(values);
            if (values != expected) throw Error("another sum");
            ranks.sum({});  // as of a bucket of which everything is pruned
            const auto texts = ranks.gather(std::string(static_cast<std::size_t>(ranks.rank()), 'x'));
            for (int r = 0; r < size; ++r) {
                if (texts[static_cast<std::size_t>(r)].size() != static_cast<std::size_t>(r))
                    throw Error("another text");
            }
            if (ranks.bytes_sent() < 1001 * 4) throw Error("nothing was counted");
        });
        EXPECT_EQ(errors, std::vector<std::string>(static_cast<std::size_t>(size)));
        EXPECT_FALSE(file_exists(reach_file(folder / "run")));
    }
}

TEST_F(RanksTest, OneThatEndsEndsTheOthers) {
    const TemporaryFolder folder;
    const auto errors = all_meet(folder / "run", 3, [&](Ranks& ranks) {
        if (ranks.rank() == 1) throw Error("no luck");
        std::vector<float> values(10);
        ranks.sum(values);
    });
    EXPECT_EQ(errors[1], "no luck");
    for (const std::size_t rank : {0, 2})
        EXPECT_EQ(errors[rank].find("another rank has ended or cannot be reached"), 0U) << errors[rank];
}

TEST_F(RanksTest, TellWhoDiffers) {
    const TemporaryFolder folder;
    const auto errors = all_meet(folder / "run", 2, [&](Ranks& ranks) {
        ranks.require_same("another colour", ranks.is_first() ? "blue" : "red");
    });
    EXPECT_EQ(errors, std::vector<std::string>(2, "rank 1 has another colour than rank 0: red, not blue"));
}

TEST_F(RanksTest, SayWhoStaysAway) {
    const TemporaryFolder folder;
    const auto nothing = [](Ranks&) {};
    EXPECT_EQ(meets(folder / "run", 0, 2, 0.2, nothing),
              "rank 1 of 2 did not come to " + (folder / "run").string() +
                  " within 0.2 s: do all ranks have the same recipe, --run and folder?");
    std::filesystem::remove(reach_file(folder / "run"));
    EXPECT_NE(meets(folder / "run", 1, 2, 0.2, nothing).find("rank 0 did not come to"), std::string::npos);
}

TEST_F(RanksTest, StopWaitingWhenAsked) {
    const TemporaryFolder folder;
    for (const int rank : {0, 1}) {
        std::atomic<bool> stop{false};
        std::thread later([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            stop = true;
        });
        const Meeting meeting{.place = {.index = rank, .count = 2},
                              .folder = folder / "run",
                              .patience_seconds = 60,
                              .stop = &stop};
        EXPECT_ERROR(Interrupted,
                     "stopped while rank " + std::to_string(rank) + " of 2 waited for the others",
                     meet(meeting));
        later.join();
    }
}

TEST_F(RanksTest, AFileOfATrainingThatHasEndedIsPassedOver) {
    const TemporaryFolder folder;
    make_folder(folder / "run");
    write_reach(folder / "run", own_reach(1, 2));
    EXPECT_EQ(all_meet(folder / "run", 2, [](Ranks&) {}), std::vector<std::string>(2));
    write_text(reach_file(folder / "run"), "something else");
    EXPECT_NE(meets(folder / "run", 1, 2, 0.2, [](Ranks&) {}).find("does not say how ranks meet"),
              std::string::npos);
}

TEST_F(RanksTest, AnotherNumberIsRefused) {
    const TemporaryFolder folder;
    std::string first;
    std::thread waiting([&] { first = meets(folder / "run", 0, 2, 2, [](Ranks&) {}); });
    const std::string other = meets(folder / "run", 1, 4, 2, [](Ranks&) {});
    waiting.join();
    EXPECT_EQ(other,
              "rank 1 of 4 came to " + (folder / "run").string() + ", where a training of 2 ranks meets");
    EXPECT_NE(first.find("rank 1 of 2 did not come"), std::string::npos);
}

}  // namespace
}  // namespace espalier::train
