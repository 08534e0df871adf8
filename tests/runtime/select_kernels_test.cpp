#include "runtime/compile/select_kernels.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"

namespace espalier::runtime {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// The time of a chain under given options, changes of layout included.
double total(const std::vector<Stage>& chain, const std::vector<std::size_t>& options) {
    double us = 0;
    Layout at = Layout::row_major;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const Stage::Option& option = chain[i].options[options[i]];
        if (at != option.input)
            us += option.input == Layout::panel ? chain[i].pack_us : chain[i - 1].unpack_us;
        us += option.us;
        at = option.output;
    }
    return at == Layout::panel ? us + chain.back().unpack_us : us;
}

double best_of_all(const std::vector<Stage>& chain) {
    double best = kNever;
    std::vector<std::size_t> options(chain.size(), 0);
    while (true) {
        best = std::min(best, total(chain, options));
        std::size_t i = 0;
        while (i < chain.size() && ++options[i] == chain[i].options.size()) options[i++] = 0;
        if (i == chain.size()) return best;
    }
}

Stage stage(double dense, double panel, double pack, double unpack) {
    return {.options = {{Layout::row_major, Layout::row_major, dense}, {Layout::panel, Layout::panel, panel}},
            .pack_us = pack,
            .unpack_us = unpack};
}

TEST(Cheapest, ASingleLayerPaysForItsLayout) {
    EXPECT_EQ(cheapest(std::vector{stage(10, 5, 2, 2)}), (std::vector<std::size_t>{1}));
    EXPECT_EQ(cheapest(std::vector{stage(10, 5, 3, 3)}), (std::vector<std::size_t>{0}));
}

TEST(Cheapest, NeighboursShareIt) {
    EXPECT_EQ(cheapest(std::vector{stage(10, 7, 4, 9), stage(10, 7, 9, 1)}),
              (std::vector<std::size_t>{1, 1}));
    // The layer in the middle is a little slower on panels, but stays there.
    EXPECT_EQ(cheapest(std::vector{stage(20, 1, 1, 1), stage(3, 4, 1, 1), stage(20, 1, 1, 1)}),
              (std::vector<std::size_t>{1, 1, 1}));
    EXPECT_EQ(cheapest(std::vector{stage(20, 1, 1, 1), stage(3, 9, 1, 1), stage(20, 1, 1, 1)}),
              (std::vector<std::size_t>{1, 0, 1}));
}

TEST(Cheapest, NothingIsFasterAmongAllWays) {
    Random random(1, "chains");
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<Stage> chain(1 + random.below(6));
        for (Stage& each : chain) {
            each = stage(1 + random.uniform(), 0.5 + random.uniform(), random.uniform(), random.uniform());
            if (random.below(2) == 0)
                each.options.push_back({Layout::row_major, Layout::row_major, 1 + random.uniform()});
            if (random.below(3) == 0) each.options[1].us = kNever;
        }
        EXPECT_NEAR(total(chain, cheapest(chain)), best_of_all(chain), 1e-9);
    }
}

}  // namespace
}  // namespace espalier::runtime
