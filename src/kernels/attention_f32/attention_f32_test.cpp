// Every instruction set x sizes x masks x places in memory x threads, against the reference.
#include "kernels/attention_f32/attention_f32.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Size {
    std::int64_t items, queries, keys, depth, columns;
};

std::vector<std::int64_t> every(std::int64_t items, std::int64_t step) {
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < items; ++i) places.push_back(i * step);
    return places;
}

/// Heads lie one after the other.
Attention plain(const Size& size) {
    return {.queries = size.queries,
            .keys = size.keys,
            .depth = size.depth,
            .columns = size.columns,
            .scale = 0.7F,
            .query = {every(size.items, size.queries * size.depth), size.depth, 1},
            .key = {every(size.items, size.keys * size.depth), size.depth, 1},
            .value = {every(size.items, size.keys * size.columns), size.columns, 1},
            .output = {every(size.items, size.queries * size.columns), size.columns, 1}};
}

/// As an encoder's projections give them: [row][head][element]; keys stand upright: [head][element][key].
Attention interleaved(const Size& size) {
    Attention made = plain(size);
    made.query = {every(size.items, size.depth), size.items * size.depth, 1};
    made.key = {every(size.items, size.depth * size.keys), 1, size.keys};
    made.value = {every(size.items, size.columns), size.items * size.columns, 1};
    made.output = {every(size.items, size.columns), size.items * size.columns, 1};
    return made;
}

class AttentionF32 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};

    static void expect_as_reference(const Attention& attention, const Size& size,
                                    const std::vector<const void*>& masks = {}, float spread = 1) {
        const auto values = [&](std::int64_t rows, std::int64_t columns, const char* name) {
            auto made = testing::random_values(static_cast<std::size_t>(size.items * rows * columns), name);
            for (float& value : made) value *= spread;
            return made;
        };
        const auto query = values(size.queries, size.depth, "query");
        const auto key = values(size.keys, size.depth, "key");
        const auto value = values(size.keys, size.columns, "value");
        std::vector<double> expected(static_cast<std::size_t>(size.items * size.queries * size.columns));
        attention_f32_reference(attention, query.data(), key.data(), value.data(), masks.data(),
                                expected.data());
        for (const int threads : {1, 3}) {
            testing::Buffer output(expected.size(), 1, 7);
            testing::Buffer scratch(attention_f32_scratch(attention, threads) / sizeof(float), 0, kInfinity);
            attention_f32(attention, query.data(), key.data(), value.data(), masks.data(), output.data(),
                          reinterpret_cast<std::byte*>(scratch.data()), threads);
            EXPECT_TRUE(output.guards_untouched() && scratch.guards_untouched());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                if (std::isnan(expected[i])) {
                    ASSERT_TRUE(std::isnan(output.data()[i])) << i;
                } else {
                    ASSERT_NEAR(output.data()[i], expected[i], 4e-6 * spread * (1 + spread)) << i;
                }
            }
        }
    }
};

constexpr Size kSizes[] = {{1, 1, 1, 1, 1},      {2, 1, 9, 64, 64},  {3, 3, 40, 17, 5},
                           {2, 7, 33, 8, 16},    {2, 13, 70, 5, 37}, {3, 50, 128, 32, 32},
                           {1, 100, 300, 3, 20}, {1, 4, 65, 16, 64}};

TEST_P(AttentionF32, MatchesTheReference) {
    ASSERT_EQ(attention_f32_instruction_set(), GetParam());
    for (const Size& size : kSizes) {
        for (const float spread : {1.0F, 5.0F}) {
            expect_as_reference(plain(size), size, {}, spread);
            expect_as_reference(interleaved(size), size, {}, spread);
        }
    }
}

TEST_P(AttentionF32, AddsMasksAndCoversScores) {
    for (const Size& size : kSizes) {
        const auto count = static_cast<std::size_t>(size.queries * size.keys);
        const std::vector<float> added = testing::random_values(count, "mask");
        std::vector<float> of_keys(static_cast<std::size_t>(size.keys), 0.0F);
        of_keys.back() = size.keys > 1 ? -std::numeric_limits<float>::max() : 0;
        std::vector<std::uint8_t> causal(count);
        for (std::size_t i = 0; i < count; ++i)
            causal[i] = i % static_cast<std::size_t>(size.keys) <= i / static_cast<std::size_t>(size.keys);
        const std::uint8_t covered = 0;
        const std::vector<std::int64_t> same(static_cast<std::size_t>(size.items), 0);
        for (Attention attention : {plain(size), interleaved(size)}) {
            using enum ScoreStep::Kind;
            attention.steps = {{add, {same, size.keys, 1}, 0},
                               {keep, {same, size.keys, 1}, -1e4F},
                               {add, {same, 0, 1}, 0},
                               {cover, {same, 0, 0}, 3}};
            expect_as_reference(attention, size, {added.data(), causal.data(), of_keys.data(), &covered});
        }
    }
}

TEST_P(AttentionF32, GivesNaNWhereARowHasNoScore) {
    const Size size{2, 8, 21, 8, 19};
    Attention attention = plain(size);
    std::vector<float> mask(static_cast<std::size_t>(size.queries * size.keys), 0.0F);
    for (std::size_t k = 0; k < 21; ++k) mask[3 * 21 + k] = -kInfinity;  // all of row 3
    mask[5 * 21 + 20] = std::numeric_limits<float>::quiet_NaN();
    mask[6 * 21 + 20] = -kInfinity;
    attention.steps = {{ScoreStep::Kind::add, {{0, 0}, size.keys, 1}, 0}};
    expect_as_reference(attention, size, {mask.data()});
}

INSTANTIATE_TEST_SUITE_P(Every, AttentionF32, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
