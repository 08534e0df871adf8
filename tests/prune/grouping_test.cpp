// Rows that belong together are found, by hand and against all orders of a small matrix.
#include "prune/grouping/grouping.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/random.h"
#include "prune/grouping/assignment.h"
#include "support.h"

namespace espalier::prune {
namespace {

std::vector<float> sizes(std::int64_t count, std::uint64_t seed) {
    Random random(seed, "grouping");
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(std::abs(random.normal()));
    return values;
}

std::vector<std::int64_t> identity(std::int64_t rows) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

/// The most that any order keeps.
double best_of_all(const std::vector<float>& values, std::int64_t rows, const Grouping& grouping) {
    std::vector<std::int64_t> order = identity(rows);
    double best = 0;
    do best = std::max(best, kept_by_groups(values, order, grouping));
    while (std::ranges::next_permutation(order).found);
    return best;
}

TEST(Assignment, IsTheBestOfAll) {
    Random random(1, "assignment");
    for (int size = 1; size <= 7; ++size) {
        std::vector<double> worth;
        for (int i = 0; i < size * size; ++i) worth.push_back(static_cast<double>(random.normal()));
        const auto sum = [&](const std::vector<int>& columns) {
            double total = 0;
            for (int r = 0; r < size; ++r)
                total += worth[static_cast<std::size_t>(r * size + columns[static_cast<std::size_t>(r)])];
            return total;
        };
        std::vector<int> columns(static_cast<std::size_t>(size));
        std::iota(columns.begin(), columns.end(), 0);
        double best = sum(columns);
        while (std::ranges::next_permutation(columns).found) best = std::max(best, sum(columns));
        EXPECT_NEAR(sum(best_assignment(worth, size)), best, 1e-12) << size;
    }
}

TEST(OrderOfRows, BringsTogetherWhatKeepsTheSameInputs) {
    // Rows 0, 2, 4 and 6 use the first two columns, the others the last two.
    const std::vector<float> values = {9, 8, 0, 0, 0, 0, 7, 9, 8, 9, 0, 0, 0, 0, 9, 9,
                                       7, 9, 0, 0, 0, 0, 8, 8, 9, 9, 0, 0, 0, 0, 9, 7};
    const Grouping grouping{.size = 4, .keep = 0, .layers = {{4, 0.5}}};
    const auto order = order_rows(values, 8, grouping);
    EXPECT_DOUBLE_EQ(kept_by_groups(values, order, grouping),
                     std::accumulate(values.begin(), values.end(), 0.0));
    EXPECT_EQ(order[0] % 2, order[1] % 2);
    EXPECT_EQ(order[4] % 2, order[7] % 2);
}

TEST(OrderOfRows, IsNearTheBestOfAllAndNeverWorseThanNone) {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
        const std::vector<float> values = sizes(8 * 6, seed);
        for (const Grouping& grouping : {Grouping{.size = 4, .keep = 0, .layers = {{6, 0.25}}},
                                         Grouping{.size = 2, .keep = 0, .layers = {{2, 0.5}, {4, 0.1}}},
                                         Grouping{.size = 4, .keep = 2, .layers = {{6, 0.5}}},
                                         Grouping{.size = 2, .keep = 1, .layers = {{6, 0.5}}}}) {
            const auto order = order_rows(values, 8, grouping);
            const double kept = kept_by_groups(values, order, grouping);
            EXPECT_GE(kept, kept_by_groups(values, identity(8), grouping));
            EXPECT_GE(kept, 0.9 * best_of_all(values, 8, grouping)) << seed << " groups of " << grouping.size;
        }
    }
}

TEST(OrderOfRows, IsAPermutationAndTheSameEachTime) {
    const std::vector<float> values = sizes(64 * 100, 9);
    for (const Grouping& grouping : {Grouping{.size = 16, .keep = 0, .layers = {{60, 0.1}, {40, 0.2}}},
                                     Grouping{.size = 4, .keep = 2, .layers = {{100, 0.5}}}}) {
        const auto order = order_rows(values, 64, grouping);
        EXPECT_EQ(order, order_rows(values, 64, grouping));
        EXPECT_GT(kept_by_groups(values, order, grouping), kept_by_groups(values, identity(64), grouping));
        auto sorted = order;
        std::ranges::sort(sorted);
        EXPECT_EQ(sorted, identity(64));
    }
}

TEST(OrderOfRows, LeavesWhatHasNoChoice) {
    const std::vector<float> values = sizes(4 * 5, 1);
    EXPECT_EQ(order_rows(values, 4, {.size = 4, .keep = 0, .layers = {{5, 0.1}}}), identity(4));
    EXPECT_EQ(order_rows({}, 8, {.size = 4, .keep = 0, .layers = {}}), identity(8));
    EXPECT_EQ(order_rows(std::vector<float>(8 * 3, 1), 8, {.size = 2, .keep = 0, .layers = {{3, 0.5}}}),
              identity(8));
}

TEST(OrderOfRows, FindsManyShuffledGroups) {
    // 16 groups of 16 rows with the same pattern of sizes each, mixed.
    const std::int64_t rows = 256, columns = 200;
    const std::vector<float> pattern = sizes(16 * columns, 3);
    const std::vector<float> noise = sizes(rows * columns, 4);
    Random random(5, "mixed");
    const auto mixed = random_permutation(static_cast<std::uint32_t>(rows), random);
    std::vector<float> values;
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t group = mixed[static_cast<std::size_t>(r)] / 16;
        for (std::int64_t j = 0; j < columns; ++j)
            values.push_back(std::exp(3 * pattern[static_cast<std::size_t>(group * columns + j)]) *
                             noise[static_cast<std::size_t>(r * columns + j)]);
    }
    std::vector<std::int64_t> truth(static_cast<std::size_t>(rows));
    for (std::size_t r = 0; r < mixed.size(); ++r) truth[mixed[r]] = static_cast<std::int64_t>(r);
    const Grouping grouping{.size = 16, .keep = 0, .layers = {{columns, 0.1}}};
    const double kept = kept_by_groups(values, order_rows(values, rows, grouping), grouping);
    EXPECT_GE(kept, 0.9 * kept_by_groups(values, truth, grouping));
    EXPECT_GE(kept, 1.2 * kept_by_groups(values, identity(rows), grouping));
}

}  // namespace
}  // namespace espalier::prune
