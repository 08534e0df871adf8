#include "runtime/execute/memory_plan.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace espalier::runtime {
namespace {

TEST(Place, BuffersThatFollowOneAnotherShareMemory) {
    const Lifetime chain[] = {{0, 1, 100}, {1, 2, 100}, {2, 3, 100}, {3, 4, 100}};
    EXPECT_EQ(place(chain).bytes, 256U);  // two at a time, of 128 bytes rounded up
}

TEST(Place, ThoseThatLiveTogetherNeverOverlap) {
    Random random(1, "lifetimes");
    for (int trial = 0; trial < 200; ++trial) {
        std::vector<Lifetime> lifetimes(1 + random.below(30));
        std::size_t sum = 0;
        for (Lifetime& each : lifetimes) {
            each.first = random.below(20);
            each.last = each.first + random.below(5);
            each.bytes = random.below(4) == 0 ? 0 : random.below(1000);
            sum += each.bytes + 64;
        }
        const Placement placement = place(lifetimes);
        EXPECT_LE(placement.bytes, sum);
        for (std::size_t i = 0; i < lifetimes.size(); ++i) {
            EXPECT_EQ(placement.offsets[i] % 64, 0U);
            EXPECT_LE(placement.offsets[i] + lifetimes[i].bytes, placement.bytes);
            for (std::size_t j = 0; j < i; ++j) {
                const bool together =
                    lifetimes[i].first <= lifetimes[j].last && lifetimes[j].first <= lifetimes[i].last;
                const bool apart = placement.offsets[i] + lifetimes[i].bytes <= placement.offsets[j] ||
                                   placement.offsets[j] + lifetimes[j].bytes <= placement.offsets[i];
                EXPECT_TRUE(!together || apart || lifetimes[i].bytes == 0 || lifetimes[j].bytes == 0);
            }
        }
    }
}

TEST(Arena, GrowsAndIsAligned) {
    Arena arena;
    std::byte* small = arena.at_least(10);
    EXPECT_EQ(arena.at_least(5), small);
    std::byte* large = arena.at_least(100'000);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large) % 64, 0U);
    EXPECT_EQ(arena.at_least(100'000), large);
}

}  // namespace
}  // namespace espalier::runtime
