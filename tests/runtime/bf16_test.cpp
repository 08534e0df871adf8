// bf16 where the processor has it, a clear refusal where not.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/error.h"
#include "graph/builder.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"
#include "runtime/dense/image_layout.h"

namespace espalier {
namespace {

using runtime::Layout;
using runtime::Options;
using runtime::Precision;

const Options kNoTiming{.threads = 1, .tuning = Options::Tuning::none, .precision = Precision::bf16};

TEST(Bf16, IsRefusedWhereTheProcessorHasNone) {
    if (runtime::has_bf16()) GTEST_SKIP() << "this processor has bf16";
    try {
        runtime::compile(test::perceptron({8, 4}), kNoTiming);
        FAIL() << "compiled";
    } catch (const Unsupported& error) {
        EXPECT_TRUE(
            std::string(error.what())
                .starts_with("precision bf16: this processor has no instructions for it (AVX-512 BF16 "
                             "or AMX); it has "))
            << error.what();
    }
}

TEST(Bf16, LayersOfANetworkRunInIt) {
    if (!runtime::has_bf16()) GTEST_SKIP() << "this processor has no bf16";
    const Graph graph = test::perceptron({256, 512, 512, 16});
    const NamedTensors inputs{{"x", test::random_tensor({64, 256}, "x")}};
    runtime::Session session = runtime::compile(graph, kNoTiming);
    const auto outputs = session.run(inputs);
    const auto& profile = session.profile();
    const auto in_bf16 = std::ranges::count(profile, runtime::kDenseBf16Name, &runtime::LayerProfile::kernel);
    EXPECT_GE(in_bf16, 1);
    test::expect_near(outputs[0], test::run_plainly(graph, inputs).at(graph.outputs[0].name), 3e-2);
}

TEST(Bf16, ABenchmarkComparesItWithF32) {
    if (!runtime::has_bf16()) GTEST_SKIP() << "this processor has no bf16";
    const auto result = runtime::benchmark(test::perceptron({64, 64, 8}), 4, 1, 0.05,
                                           {.tuning = Options::Tuning::none, .precision = Precision::bf16});
    ASSERT_TRUE(result.against_f32.has_value());
    EXPECT_GT(result.against_f32->median_ms, 0);
    EXPECT_GT(result.against_f32->largest_output, 0);
    EXPECT_LT(result.against_f32->largest_difference, 0.03 * result.against_f32->largest_output);
}

TEST(Bf16, ALayoutHasTheOrderOfItsName) {
    for (const Layout order : {Layout::row_major, Layout::blocked, Layout::channels_last}) {
        EXPECT_FALSE(is_bf16(order));
        EXPECT_TRUE(is_bf16(in_bf16(order)));
        EXPECT_EQ(order_of(in_bf16(order)), order);
        EXPECT_EQ(stored_type(DType::f32, in_bf16(order)), DType::bf16);
        EXPECT_EQ(2 * runtime::bytes_in(in_bf16(order), {1, 32, 5, 5}),
                  runtime::bytes_in(order, {1, 32, 5, 5}));
        EXPECT_EQ(runtime::describe(in_bf16(order)), runtime::describe(order) + " in bf16");
    }
    EXPECT_TRUE(runtime::same_bytes({1, 64, 1, 1}, Layout::row_major_bf16, Layout::channels_last_bf16));
    EXPECT_FALSE(runtime::same_bytes({1, 64, 1, 1}, Layout::row_major, Layout::channels_last_bf16));
}

}  // namespace
}  // namespace espalier
