// One holder at a time, whoever dies, stands still or has another clock.
#include "store/lease.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"

namespace espalier::store {
namespace {

class LeaseTest : public ::testing::Test {
  protected:
    /// As another machine writes it.
    void write(std::int64_t generation, std::int64_t beat, std::int64_t clock = 1'700'000'000,
               const std::string& host = "elsewhere") {
        write_text(folder_ / ("stage-lease-" + std::to_string(generation)),
                   host + " 0000-1111 4711 99 " + std::to_string(beat) + " " + std::to_string(clock) + "\n");
    }
    std::int64_t generation() { return lease_state(folder_.path(), "stage").generation; }
    auto take(Leases& leases) { return leases.take(folder_.path(), "stage"); }

    testing::TemporaryFolder folder_;
    Leases quick_{0.1};
};

TEST_F(LeaseTest, IsHeldByOneAtATime) {
    Leases other;
    auto lease = take(quick_);
    ASSERT_TRUE(lease);
    EXPECT_TRUE(lease->is_held());
    EXPECT_FALSE(take(other));
    EXPECT_TRUE(other.take(folder_.path(), "another stage"));
    lease.reset();
    EXPECT_TRUE(take(other));
    EXPECT_EQ(generation(), 2);
}

TEST_F(LeaseTest, IsKeptForAsLongAsItsHolderLives) {
    const auto lease = take(quick_);
    write_text(folder_ / "as-elsewhere", "");
    // Looked at as from another machine: by its changes alone.
    const LeaseState first = lease_state(folder_.path(), "stage");
    std::int64_t beat = first.text.beat;
    for (int i = 0; i < 200 && beat == first.text.beat; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        beat = lease_state(folder_.path(), "stage").text.beat;
    }
    EXPECT_GT(beat, first.text.beat);
}

TEST_F(LeaseTest, OfAProcessThatWasKilledEndsAtOnce) {
    const pid_t child = ::fork();
    if (child == 0) {
        Leases own;
        const auto lease = take(own);
        ::_exit(lease ? 0 : 1);  // as SIGKILL: nothing is given back
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    Leases patient;
    EXPECT_TRUE(take(patient));
    EXPECT_EQ(generation(), 2);
}

TEST_F(LeaseTest, OfALostMachineEndsWhenItHasNotChangedForLong) {
    write(1, 5);
    EXPECT_FALSE(take(quick_));  // it is looked at for the first time
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    write(1, 6);
    EXPECT_FALSE(take(quick_));  // it lives
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    EXPECT_TRUE(take(quick_));
}

TEST_F(LeaseTest, OfAnotherMachineOfTheSameNameDoesNotEndAtOnce) {
    write(1, 5, 1'700'000'000, own_lease_text().host);
    EXPECT_FALSE(take(quick_));
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    EXPECT_TRUE(take(quick_));
}

TEST_F(LeaseTest, WhatIsLeftBesideAfterACrashIsRemovedAsHalfWritten) {
    auto lease = take(quick_);
    const auto file = folder_ / "stage-lease-1";
    std::filesystem::remove(file);
    make_folder(file);  // so that nothing can be renamed to it
    const auto beside = [&] {
        return std::ranges::count_if(std::filesystem::directory_iterator(folder_.path()), [](const auto& at) {
            return at.path().filename().string().starts_with(".lease-of-");
        });
    };
    for (int i = 0; i < 1000 && beside() == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    lease.reset();
    EXPECT_GT(beside(), 0);
    remove_half_written(folder_.path());
    EXPECT_EQ(beside(), 0);
}

TEST_F(LeaseTest, AClockThatIsOffChangesNothing) {
    for (const std::int64_t clock : {0LL, 4'000'000'000LL}) {
        write(1, 5, clock);
        Leases patient;
        EXPECT_FALSE(take(patient));
        EXPECT_EQ(lease_state(folder_.path(), "stage").text.clock, clock);
    }
}

TEST_F(LeaseTest, WhoStoodStillNoticesThatItWasTaken) {
    const auto lease = take(quick_);
    write(2, 0);
    EXPECT_FALSE(lease->is_held());
}

TEST_F(LeaseTest, GenerationsGoOnAndOldOnesAreRemoved) {
    Leases leases;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(take(leases));
    EXPECT_EQ(generation(), 10);
    EXPECT_FALSE(file_exists(folder_ / "stage-lease-7"));
    EXPECT_TRUE(file_exists(folder_ / "stage-lease-8"));
}

TEST_F(LeaseTest, ManyAtOnceNeverShareOne) {
    std::atomic<int> holders{0};
    std::atomic<int> taken{0};
    std::atomic<bool> shared{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            Leases own;
            for (int tries = 0; tries < 50; ++tries) {
                const auto lease = take(own);
                if (!lease) continue;
                if (++holders > 1) shared = true;
                ++taken;
                std::this_thread::yield();
                --holders;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(shared);
    EXPECT_GT(taken, 0);
}

TEST_F(LeaseTest, AFolderThatIsNotThereIsNamed) {
    Leases leases;
    EXPECT_ERROR(IoError, "nowhere", leases.take(folder_ / "nowhere", "stage"));
}

}  // namespace
}  // namespace espalier::store
