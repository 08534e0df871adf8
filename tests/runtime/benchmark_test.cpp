// Speed. The bounds are loose, since machines are shared: 11 times is what one idle core of Zen 4 gives for 2
// here.
#include <gtest/gtest.h>

#include <array>

#include <algorithm>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/cases/networks.h"

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
    EXPECT_LE(result.speedup_low, result.speedup);
    EXPECT_LE(result.speedup, result.speedup_high);
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

TEST(Benchmark, SessionsInTurnAreTimedAsSharesOfTheFirst) {
    const Graph small = perceptron({784, 300, 10});
    const Graph large = perceptron({784, 1200, 10});
    const NamedTensors inputs = runtime::random_inputs(small, 64);
    EXPECT_EQ(inputs.at(small.inputs[0].name).shape(), (Shape{64, 784}));
    runtime::Session a = runtime::compile(small, {.threads = 1});
    runtime::Session b = runtime::compile(large, {.threads = 1});
    const std::array<runtime::Contestant, 3> all = {{{a, inputs}, {b, inputs}, {a, inputs}}};
    const auto times = runtime::time_in_turn(all, 0.2);
    ASSERT_EQ(times.size(), 3U);
    EXPECT_EQ(times[0].share, 1);  // of itself
    EXPECT_GE(times[1].share, kInstrumented ? 0.0 : 2.0);
    EXPECT_NEAR(times[2].share, 1, kInstrumented ? 1.0 : 0.2);
    for (const runtime::InTurn& time : times) {
        EXPECT_GT(time.median_ms, 0);
        EXPECT_LE(time.share_low, time.share);
        EXPECT_LE(time.share, time.share_high);
        EXPECT_GE(time.runs, 3);
    }
}

TEST(Benchmark, TakesTheBatchWhereADimensionIsOpen) {
    Graph fixed = perceptron({20, 10});
    fixed.inputs[0].type.dims[0] = Dim(7);
    EXPECT_GT(runtime::benchmark(fixed, 7, 0, 0.01).median_ms, 0);
    for (const std::int64_t other : {0, 3})
        EXPECT_THROW(runtime::benchmark(fixed, other, 1, 0.01), InvalidArgument);
    EXPECT_THROW(runtime::random_inputs(fixed, 3), InvalidArgument);
    Graph open = perceptron({20, 10});
    open.inputs[0].type.dims[1] = Dim("K");
    EXPECT_THROW(runtime::benchmark(open, 3, 1, 0.01), Unsupported);
    EXPECT_GT(runtime::benchmark(open, 3, 1, 0.01, {.shapes = {{open.inputs[0].name, {3, 20}}}}).median_ms,
              0);
    EXPECT_THROW(runtime::benchmark(open, 3, 1, 0.01, {.shapes = {{open.inputs[0].name, {3, 21}}}}),
                 InvalidArgument);
    EXPECT_THROW(runtime::benchmark(open, 3, 1, 0.01, {.shapes = {{"nothing", {3, 20}}}}), InvalidArgument);
}

/// Steps lie inside their run, one after another, and take most of it.
TEST(Benchmark, TracesSteps) {
    for (const double density : {1.0, 0.04}) {
        const auto result =
            runtime::benchmark(perceptron({784, 300, 100, 10}, density), 128, 1, 0.05, {.traced_runs = 5});
        ASSERT_EQ(result.traces.size(), 5U);
        double best = 0;
        for (const runtime::RunTrace& trace : result.traces) {
            ASSERT_FALSE(trace.steps.empty());
            double end = 0;
            double sum = 0;
            std::size_t layer = 0;
            for (const runtime::StepTrace& step : trace.steps) {
                EXPECT_GE(step.start_us, end);
                EXPECT_GE(step.us, 0);
                EXPECT_GE(step.first, layer);
                ASSERT_LT(step.first, step.last);
                ASSERT_LE(step.last, result.layers.size());
                EXPECT_GE(result.layers[step.first].threads, 1);
                end = step.start_us + step.us;
                sum += step.us;
                layer = step.last;
            }
            EXPECT_LE(end, trace.us);
            best = std::max(best, sum / trace.us);
        }
        EXPECT_GE(best, kInstrumented ? 0.0 : 0.8) << density;
    }
}

TEST(Benchmark, TracesAGraphThatRunsInParts) {
    Graph graph;
    graph.name = "indices";
    graph.inputs.push_back({"x", {DType::f32, {Dim(4)}}});
    graph.nodes.push_back(
        {.name = "n", .op = "NonZero", .inputs = {"x"}, .outputs = {"y"}, .attributes = {}});
    graph.outputs.push_back({"y", infer_types(graph).at("y")});
    runtime::Session session = runtime::compile(graph, {.threads = 1});
    runtime::RunTrace trace;
    const NamedTensors inputs = {{"x", Tensor(DType::f32, {4})}};
    for (int i = 0; i < 2; ++i) {
        session.run(inputs, trace);
        ASSERT_EQ(trace.steps.size(), 1U);
        EXPECT_EQ(trace.steps[0].first, 0U);
        EXPECT_EQ(trace.steps[0].last, 1U);
        EXPECT_LE(trace.steps[0].us, trace.us);
    }
    EXPECT_EQ(session.profile()[0].kernel, "reference");
}

}  // namespace
}  // namespace espalier
