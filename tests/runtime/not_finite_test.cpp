// Inf and NaN under sparse kernels, as docs/runtime.md says: a zero weight skips whatever it would be
// multiplied with, and a weight that is not finite is a weight like any other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "espalier/runtime.h"
#include "graph/builder.h"

namespace espalier {
namespace {

using runtime::Options;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// 8 outputs of 16 inputs, of which output r has one weight: 2, at input r.
Graph one_weight_each() {
    GraphBuilder builder("network", 1);
    builder.output(builder.linear("fc", builder.input("x", {Dim("N"), 16}), 16, 8));
    Graph graph = std::move(builder).finish();
    const std::span<float> weight = graph.initializers.at("fc.weight").f32();
    std::ranges::fill(weight, 0.0F);
    for (std::size_t r = 0; r < 8; ++r) weight[r * 16 + r] = 2;
    std::ranges::fill(graph.initializers.at("fc.bias").f32(), 1.0F);
    return graph;
}

std::vector<float> outputs(const Graph& graph, const Tensor& x, Options::Choice choice) {
    runtime::Session session =
        runtime::compile(graph, {.threads = 1, .choice = choice, .tuning = Options::Tuning::none});
    const std::vector<Tensor> y = session.run({{"x", x}});
    return {y[0].f32().begin(), y[0].f32().end()};
}

/// One row goes through spmv_f32_csr, five through spmm_f32_panel.
class NotFinite : public testing::TestWithParam<std::int64_t> {};

TEST_P(NotFinite, InputsUnderZerosAreSkipped) {
    const Graph graph = one_weight_each();
    Tensor x(DType::f32, {GetParam(), 16});
    std::ranges::fill(x.f32(), 3.0F);
    x.f32()[9] = kInf;  // no output has a weight there
    x.f32()[10] = kNaN;
    const auto sparse = outputs(graph, x, Options::Choice::sparse);
    for (const float value : sparse) EXPECT_EQ(value, 7);
    const auto dense = outputs(graph, x, Options::Choice::dense);
    EXPECT_TRUE(std::isnan(dense[0]));
    x.f32()[2] = kInf;  // output 2 has one
    const auto reached = outputs(graph, x, Options::Choice::sparse);
    EXPECT_EQ(reached[2], kInf);
    EXPECT_EQ(reached[1], 7);
}

TEST_P(NotFinite, WeightsAreNotZeros) {
    Graph graph = one_weight_each();
    graph.initializers.at("fc.weight").f32()[0] = kNaN;
    graph.initializers.at("fc.weight").f32()[17] = -kInf;
    Tensor x(DType::f32, {GetParam(), 16});
    std::ranges::fill(x.f32(), 3.0F);
    for (const auto choice : {Options::Choice::sparse, Options::Choice::dense}) {
        const auto y = outputs(graph, x, choice);
        EXPECT_TRUE(std::isnan(y[0]));
        EXPECT_EQ(y[1], -kInf);
        EXPECT_EQ(y[2], 7);
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, NotFinite, testing::Values(1, 5));

}  // namespace
}  // namespace espalier
