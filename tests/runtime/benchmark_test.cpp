// Speed. The bounds are loose, since machines are shared: 11 times is what one idle core of Zen 4 gives for 2
// here.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/networks.h"

namespace espalier {
namespace {

using test::perceptron;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kInstrumented = true;
#else
constexpr bool kInstrumented = false;
#endif

TEST(Benchmark, FourPercentOfLeNetIsMuchFasterThanDense) {
    const auto result = runtime::benchmark(perceptron({784, 300, 100, 10}, 0.04), 128, 1, 0.5);
    EXPECT_GE(result.speedup, kInstrumented ? 0.0 : 2.0);
    EXPECT_EQ(result.batch, 128);
    EXPECT_EQ(result.threads, 1);
    EXPECT_GE(result.runs, 5);
    EXPECT_LE(result.low_ms, result.median_ms);
    EXPECT_LE(result.median_ms, result.high_ms);
    EXPECT_LE(result.dense_low_ms, result.dense_median_ms);
    EXPECT_LE(result.dense_median_ms, result.dense_high_ms);
    EXPECT_DOUBLE_EQ(result.speedup, result.dense_median_ms / result.median_ms);
    ASSERT_FALSE(result.layers.empty());
}

TEST(Benchmark, NoDensityIsSlowerThanDense) {
    for (const double density : {1.0, 0.5, 0.2, 0.03}) {
        for (const std::int64_t batch : {1, 5, 16, 64}) {
            const auto result = runtime::benchmark(perceptron({784, 300, 100, 10}, density), batch, 1, 0.05);
            EXPECT_GE(result.speedup, kInstrumented ? 0.0 : 0.8) << density << " at batch " << batch;
        }
    }
}

TEST(Benchmark, TakesTheBatchWhereADimensionIsOpen) {
    Graph fixed = perceptron({20, 10});
    fixed.inputs[0].type.dims[0] = Dim(7);
    EXPECT_GT(runtime::benchmark(fixed, 3, 0, 0.01).median_ms, 0);
    EXPECT_THROW(runtime::benchmark(fixed, 0, 1, 0.01), InvalidArgument);
    Graph open = perceptron({20, 10});
    open.inputs[0].type.dims[1] = Dim("K");
    EXPECT_THROW(runtime::benchmark(open, 3, 1, 0.01), Unsupported);
}

}  // namespace
}  // namespace espalier
