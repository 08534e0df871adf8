#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace espalier {
namespace {

using Words4 = std::array<std::uint32_t, 4>;

/// philox4x32-10 in kat_vectors of the Random123 distribution.
TEST(Philox, KnownAnswers) {
    EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              (Words4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (Words4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

/// Results of experiments depend on these: they must never change.
TEST(Random, AStreamIsFixedForever) {
    Random random(1, "init/fc1.weight");
    const std::vector<std::uint32_t> first = {random.next_u32(), random.next_u32(), random.next_u32()};
    EXPECT_EQ(first, (std::vector<std::uint32_t>{2274489190, 3302803516, 4081966069}));
}

TEST(Random, SeedAndPurposeMakeIndependentStreams) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        for (const char* purpose : {"a", "b", "order/epoch 1", "order/epoch 2"}) {
            Random random(seed, purpose);
            for (int i = 0; i < 20; ++i) seen.insert(random.next_u64());
        }
    }
    EXPECT_EQ(seen.size(), 50U * 4 * 20);

    // Two streams agree on a bit half of the time: 64,000 bits, 4 standard deviations are 506.
    Random a(1, "a");
    Random b(1, "b");
    int equal_bits = 0;
    for (int i = 0; i < 1000; ++i) equal_bits += 64 - __builtin_popcountll(a.next_u64() ^ b.next_u64());
    EXPECT_NEAR(equal_bits, 32000, 506);
}

TEST(Random, SameSeedSameNumbers) {
    Random a(3, "x");
    Random b(3, "x");
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(a.next_u64(), b.next_u64());
        ASSERT_EQ(a.normal(), b.normal());
        ASSERT_EQ(a.below(10), b.below(10));
    }
}

TEST(Random, RandomAccessDoesNotDependOnWhatWasDrawn) {
    Random a(3, "x");
    const std::uint64_t at_5 = a.at(5);
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 1000; ++i) drawn.insert(a.next_u64());
    EXPECT_EQ(a.at(5), at_5);
    for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_FALSE(drawn.contains(a.at(i)));
    EXPECT_NE(a.at(1), a.at(std::uint64_t{1} << 32));
}

TEST(Random, UniformIsInZeroToOneAndEven) {
    Random random(1, "uniform");
    double sum = 0;
    constexpr int kCount = 100000;
    std::array<int, 10> bins{};
    for (int i = 0; i < kCount; ++i) {
        const float value = random.uniform();
        ASSERT_GE(value, 0.0F);
        ASSERT_LT(value, 1.0F);
        sum += value;
        ++bins[static_cast<std::size_t>(value * 10)];
    }
    EXPECT_NEAR(sum / kCount, 0.5, 0.004);  // 4 standard deviations of the mean
    for (const int bin : bins) EXPECT_NEAR(bin, kCount / 10, 400);
}

TEST(Random, NormalHasMeanZeroAndDeviationOne) {
    Random random(1, "normal");
    constexpr int kCount = 200000;
    double sum = 0;
    double squares = 0;
    int beyond_two = 0;
    for (int i = 0; i < kCount; ++i) {
        const double value = random.normal();
        ASSERT_TRUE(std::isfinite(value));
        sum += value;
        squares += value * value;
        beyond_two += std::abs(value) > 2 ? 1 : 0;
    }
    EXPECT_NEAR(sum / kCount, 0, 0.009);
    EXPECT_NEAR(squares / kCount, 1, 0.013);
    EXPECT_NEAR(beyond_two / double{kCount}, 0.0455, 0.002);
}

TEST(Random, BelowIsUniform) {
    for (const std::uint64_t bound : {1, 2, 3, 7, 10}) {
        SCOPED_TRACE(bound);
        Random random(1, "below");
        std::map<std::uint64_t, int> counts;
        constexpr int kCount = 70000;
        for (int i = 0; i < kCount; ++i) ++counts[random.below(bound)];
        ASSERT_EQ(counts.size(), bound);
        ASSERT_LT(counts.rbegin()->first, bound);
        const double expected = kCount / static_cast<double>(bound);
        for (const auto& [value, count] : counts)
            EXPECT_NEAR(count, expected, 4 * std::sqrt(expected) + 1) << value;
    }
    // A bound that does not divide 2^64: modulo would give the lower half twice as often.
    const std::uint64_t large = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
    Random random(2, "below");
    int low = 0;
    for (int i = 0; i < 30000; ++i) low += random.below(large) < large / 3 ? 1 : 0;
    EXPECT_NEAR(low, 10000, 330);
}

TEST(Random, PermutationHoldsEveryNumberOnce) {
    for (const std::uint32_t count : {0U, 1U, 2U, 100U, 1000U}) {
        Random random(1, "permutation");
        auto order = random_permutation(count, random);
        ASSERT_EQ(order.size(), count);
        std::sort(order.begin(), order.end());
        for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(order[i], i);
    }
}

TEST(Random, EveryPermutationIsEquallyLikely) {
    std::map<std::vector<std::uint32_t>, int> counts;
    Random random(1, "permutations");
    for (int i = 0; i < 24000; ++i) ++counts[random_permutation(4, random)];
    ASSERT_EQ(counts.size(), 24U);
    for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 130);
}

}  // namespace
}  // namespace espalier
