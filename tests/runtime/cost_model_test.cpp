#include "runtime/cost_model.h"

#include <gtest/gtest.h>

#include "runtime/tuning/timing.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kInputs = 784;
constexpr std::int64_t kOutputs = 300;

LayerSize size(std::int64_t batch, double density) {
    const auto nonzeros = static_cast<std::int64_t>(density * static_cast<double>(kInputs * kOutputs));
    return {.batch = batch, .inputs = kInputs, .outputs = kOutputs, .nonzeros = nonzeros};
}

TEST(CostModel, FewerWeightsTakeLessTime) {
    for (const std::int64_t batch : {1, 8, 16, 64, 65, 128, 1000}) {
        double before = predict_spmm_us(size(batch, 1.0));
        for (const double density : {0.5, 0.2, 0.1, 0.05, 0.02}) {
            const double us = predict_spmm_us(size(batch, density));
            EXPECT_LT(us, before) << batch << ' ' << density;
            EXPECT_GT(us, 0);
            before = us;
        }
    }
}

TEST(CostModel, DenseWinsWhenNothingIsPrunedAndLosesWhenLittleIsLeft) {
    for (const std::int64_t batch : {8, 16, 64, 128}) {
        EXPECT_LT(predict_dense_us(size(batch, 1.0)), predict_spmm_us(size(batch, 1.0)));
        EXPECT_GT(predict_dense_us(size(batch, 0.04)), 3 * predict_spmm_us(size(batch, 0.04)));
    }
    EXPECT_LT(predict_dense_us(size(1, 1.0)), predict_spmv_us(size(1, 1.0)));
    EXPECT_GT(predict_dense_us(size(1, 0.04)), 2 * predict_spmv_us(size(1, 0.04)));
}

TEST(CostModel, BlocksSuitTheWidth) {
    EXPECT_EQ(panel_block_columns(0.5, 64), 128);
    EXPECT_EQ(panel_block_columns(0.04, 64), 200);
    EXPECT_EQ(panel_block_columns(0.0, 64), 400);
    EXPECT_EQ(panel_block_columns(0.0, 8), 3200);
}

TEST(CostModel, SmallWorkIsNotShared) {
    EXPECT_EQ(useful_threads(0.0, 8), 1);
    EXPECT_EQ(useful_threads(4.0, 8), 1);
    EXPECT_EQ(useful_threads(12.0, 8), 2);
    EXPECT_EQ(useful_threads(1e9, 8), 8);
    EXPECT_LT(shared_us(100, 2), 100);
}

TEST(Timing, TellsTheFasterOne) {
    volatile float sum = 0;
    const auto spin = [&](int count) {
        for (int i = 0; i < count; ++i) sum = sum + 1.0F;
    };
    const std::function<void()> bodies[] = {[&] { spin(20'000); }, [&] { spin(60'000); }};
    const auto timings = time_in_turn(bodies, 0.02);
    EXPECT_LT(timings[0].median_us * 1.5, timings[1].median_us);
    for (const Timing& timing : timings) {
        EXPECT_LE(timing.low_us, timing.median_us);
        EXPECT_LE(timing.median_us, timing.high_us);
        EXPECT_GE(timing.runs, 3);
    }
    EXPECT_GT(cycle_ns(), 0.05);
}

}  // namespace
}  // namespace espalier::runtime
