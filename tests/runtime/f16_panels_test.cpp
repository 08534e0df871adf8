// Networks with zeros in their weights in f16, where the processor has it; a clear refusal where not.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"
#include "runtime/weights/layer_weights.h"

namespace espalier {
namespace {

using runtime::Options;

Options in_f16(Options::Choice choice) {
    return {.threads = 1,
            .choice = choice,
            .tuning = Options::Tuning::none,
            .precision = runtime::Precision::f16};
}

std::ptrdiff_t layers_in_f16(const runtime::Session& session) {
    return std::ranges::count(session.profile(), "conv_f16_panel avx512_fp16",
                              &runtime::LayerProfile::kernel);
}

/// Two convolutions with a shortcut around the second one, one in groups and with strides, and a function
/// that no sparse kernel takes.
Graph residual_block(double left) {
    const auto padded = test::integers({1, 1, 1, 1});
    Graph graph = test::graph_of(
        {.name = "block",
         .inputs = {{"x", {2, 16, 9, 8}}},
         .constants = {{"v", {32, 16, 3, 3}}, {"w", {32, 32, 3, 3}}, {"u", {16, 16, 1, 1}}},
         .nodes = {test::node("Conv", {"x", "v"}, "a", {{"pads", padded}}), test::node("Relu", {"a"}, "b"),
                   test::node("Conv", {"b", "w"}, "c", {{"pads", padded}}),
                   test::node("Add", {"c", "b"}, "d"), test::node("Relu", {"d"}, "e"),
                   test::node("Conv", {"e", "u"}, "f",
                              {{"strides", test::integers({2, 2})}, {"group", std::int64_t{2}}}),
                   test::node("Tanh", {"f"}, "y")}});
    for (const char* name : {"v", "w", "u"}) test::sparsify(graph.initializers.at(name), left, name);
    return graph;
}

TEST(F16, IsRefusedWhereTheProcessorHasNone) {
    if (runtime::has_f16()) GTEST_SKIP() << "this processor has f16";
    try {
        runtime::compile(test::perceptron({8, 4}), in_f16(Options::Choice::measured));
        FAIL() << "compiled";
    } catch (const Unsupported& error) {
        EXPECT_TRUE(
            std::string(error.what())
                .starts_with("precision f16: this processor has no instructions for it (AVX-512 FP16); "
                             "it has "))
            << error.what();
    }
}

TEST(F16, WeightsThatItCannotHoldAreLeftInF32) {
    std::vector<float> w(64, 0.5F);
    runtime::LayerWeights small({4, 16}, w, std::vector<float>(4, 0.0F));
    ASSERT_NE(small.f16_rows(16, 0, 4), nullptr);
    EXPECT_EQ(small.f16_rows(16, 2, 2)->rows(), 2);
    const auto kept = small.f16_rows(8, 0, 4);
    EXPECT_EQ(small.f16_rows(8, 0, 4), kept) << "one form is made once";
    w[7] = 1e6F;
    runtime::LayerWeights large({4, 16}, w, std::vector<float>(4, 0.0F));
    EXPECT_EQ(large.f16_rows(16, 0, 4), nullptr);
}

class F16Panels : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!runtime::has_f16()) GTEST_SKIP() << "this processor has no f16";
    }
};

TEST_F(F16Panels, RunConvolutions) {
    const Graph graph = residual_block(0.15);
    const NamedTensors inputs = {{"x", test::random_tensor({2, 16, 9, 8}, "x")}};
    const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
    for (const auto choice : {Options::Choice::sparse, Options::Choice::measured}) {
        auto session = runtime::compile(graph, in_f16(choice));
        test::expect_near(session.run(inputs)[0], expected, 1e-2);
        EXPECT_GE(layers_in_f16(session), choice == Options::Choice::sparse ? 2 : 1);
    }
}

TEST_F(F16Panels, RunProducts) {
    const Graph graph = test::perceptron({64, 256, 256, 16}, 0.1);
    for (const std::int64_t batch : {5, 64}) {
        const NamedTensors inputs = {{"x", test::random_tensor({batch, 64}, "x")}};
        const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
        for (const auto choice : {Options::Choice::sparse, Options::Choice::measured}) {
            auto session = runtime::compile(graph, in_f16(choice));
            test::expect_near(session.run(inputs)[0], expected, 1e-2);
            if (batch == 64 && choice == Options::Choice::sparse) {
                EXPECT_GE(layers_in_f16(session), 1);
            }
        }
    }
}

TEST_F(F16Panels, DenseLayersStayInF32) {
    const Graph graph = test::perceptron({96, 160, 32});
    auto session = runtime::compile(graph, in_f16(Options::Choice::measured));
    const NamedTensors inputs = {{"x", test::random_tensor({64, 96}, "x")}};
    const auto exact = runtime::compile(graph, {.threads = 1, .tuning = Options::Tuning::none}).run(inputs);
    const auto got = session.run(inputs);
    EXPECT_EQ(layers_in_f16(session), 0);
    EXPECT_TRUE(std::ranges::equal(got[0].f32(), exact[0].f32()));
}

TEST_F(F16Panels, WeightsOutOfReachStayInF32) {
    const NamedTensors inputs = {{"x", test::random_tensor({2, 16, 9, 8}, "x")}};
    Graph graph = residual_block(0.15);
    auto within = runtime::compile(graph, in_f16(Options::Choice::sparse));
    within.run(inputs);
    graph.initializers.at("v").f32()[3] = 1e6F;
    auto beyond = runtime::compile(graph, in_f16(Options::Choice::sparse));
    beyond.run(inputs);
    EXPECT_EQ(layers_in_f16(beyond), layers_in_f16(within) - 1);
}

TEST_F(F16Panels, ABenchmarkComparesThemWithF32) {
    const auto result =
        runtime::benchmark(test::perceptron({64, 256, 256, 8}, 0.1), 64, 1, 0.05,
                           {.tuning = Options::Tuning::none, .precision = runtime::Precision::f16});
    ASSERT_TRUE(result.against_f32.has_value());
    EXPECT_GT(result.against_f32->median_ms, 0);
    EXPECT_GT(result.against_f32->largest_output, 0);
    EXPECT_GT(result.against_f32->largest_difference, 0);
    EXPECT_LT(result.against_f32->largest_difference, 0.01 * result.against_f32->largest_output);
}

}  // namespace
}  // namespace espalier
