#include "base/threads/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace espalier {
namespace {

TEST(ParallelFor, CoversEveryIndexOnce) {
    for (const int threads : {0, 1, 2, 3, 7, 100}) {
        for (const std::int64_t count : {0, 1, 2, 3, 10, 1001}) {
            SCOPED_TRACE(::testing::Message() << threads << " threads, " << count << " indices");
            std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
            parallel_for(count, threads, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
            });
            for (const auto& times : seen) ASSERT_EQ(times, 1);
        }
    }
}

TEST(ParallelFor, RangesDependOnCountAndThreadsOnly) {
    const auto ranges = [](std::int64_t count, int threads) {
        std::set<std::pair<std::int64_t, std::int64_t>> out;
        std::mutex mutex;
        parallel_for(count, threads, [&](std::int64_t begin, std::int64_t end) {
            const std::lock_guard lock(mutex);
            out.emplace(begin, end);
        });
        return out;
    };
    EXPECT_EQ(ranges(10, 3), (std::set<std::pair<std::int64_t, std::int64_t>>{{0, 3}, {3, 6}, {6, 10}}));
    EXPECT_EQ(ranges(2, 8).size(), 2U);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ranges(1000, 4), ranges(1000, 4));
}

TEST(ParallelFor, AnExceptionOfABodyArrivesAfterAllBodiesEnded) {
    for (const int threads : {1, 2, 4}) {
        std::atomic<int> ended{0};
        const auto run = [&] {
            parallel_for(4, threads, [&](std::int64_t begin, std::int64_t /*end*/) {
                if (begin == 0) throw std::runtime_error("from a body");
                ++ended;
            });
        };
        EXPECT_THROW(run(), std::runtime_error);
        EXPECT_EQ(ended, threads - 1);
    }
}

TEST(ParallelFor, TheExceptionOfTheLowestRangeArrives) {
    for (int i = 0; i < 10; ++i) {
        std::atomic<int> thrown{0};
        try {
            parallel_for(4, 4, [&](std::int64_t begin, std::int64_t /*end*/) {
                // The first range throws last, if the others get a thread of their own.
                for (int naps = 0; begin == 0 && thrown < 3 && naps < 100; ++naps)
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                ++thrown;
                throw std::runtime_error(std::to_string(begin));
            });
            FAIL() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "0");
        }
    }
}

TEST(ParallelFor, Nested) {
    std::atomic<int> sum{0};
    parallel_for(4, 2, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            parallel_for(10, 2, [&](std::int64_t b, std::int64_t e) { sum += static_cast<int>(e - b); });
        }
    });
    EXPECT_EQ(sum, 40);
}

TEST(ParallelFor, ThereIsACore) { EXPECT_GE(core_count(), 1); }

}  // namespace
}  // namespace espalier
