// Networks whose weights are cut in groups of 16 or 32 outputs, in bf16.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/runtime.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"

namespace espalier {
namespace {

using runtime::Options;

Options in_bf16(Options::Choice choice) {
    return {.threads = 1,
            .choice = choice,
            .tuning = Options::Tuning::none,
            .precision = runtime::Precision::bf16};
}

/// Each group of outputs keeps the columns that its first output has.
void cut_in_groups(Tensor& w, std::int64_t unit, const std::string& purpose) {
    const Tensor values = test::random_tensor(w.shape(), purpose);
    const std::int64_t row = w.count() / w.shape()[0];
    for (std::int64_t i = 0; i < w.count(); ++i) {
        const auto first = static_cast<std::size_t>(i / row / unit * unit * row + i % row);
        const auto at = static_cast<std::size_t>(i);
        w.f32()[at] = w.f32()[first] == 0.0F ? 0.0F : values.f32()[at];
    }
}

/// Two convolutions of 64 channels with a shortcut around the second one, and one behind them.
Graph residual_block() {
    const auto padded = test::integers({1, 1, 1, 1});
    Graph graph = test::graph_of(
        {.name = "block",
         .inputs = {{"x", {2, 32, 15, 13}}},
         .constants = {{"v", {64, 32, 3, 3}}, {"w", {64, 64, 3, 3}}, {"u", {32, 64, 1, 1}}},
         .nodes = {test::node("Conv", {"x", "v"}, "a", {{"pads", padded}}), test::node("Relu", {"a"}, "b"),
                   test::node("Conv", {"b", "w"}, "c", {{"pads", padded}}),
                   test::node("Add", {"c", "b"}, "d"), test::node("Relu", {"d"}, "e"),
                   test::node("Conv", {"e", "u"}, "f", {{"strides", test::integers({2, 2})}}),
                   test::node("HardSwish", {"f"}, "y")}});
    for (const char* name : {"v", "w", "u"}) {
        Tensor& weights = graph.initializers.at(name);
        test::sparsify(weights, 0.15, name);
        cut_in_groups(weights, 32, name);
    }
    return graph;
}

std::ptrdiff_t layers_by(const runtime::Session& session, const std::string& kernel) {
    return std::ranges::count_if(session.profile(), [&](const runtime::LayerProfile& layer) {
        return layer.kernel.starts_with(kernel);
    });
}

class Bf16Groups : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!runtime::has_bf16()) GTEST_SKIP() << "this processor has no bf16";
    }
};

TEST_F(Bf16Groups, RunConvolutions) {
    const Graph graph = residual_block();
    const NamedTensors inputs = {{"x", test::random_tensor({2, 32, 15, 13}, "x")}};
    const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
    for (const auto choice : {Options::Choice::sparse, Options::Choice::measured}) {
        auto session = runtime::compile(graph, in_bf16(choice));
        test::expect_near(session.run(inputs)[0], expected, 3e-2);
        EXPECT_GE(layers_by(session, "conv_bf16_groups 32x1"), choice == Options::Choice::sparse ? 3 : 1);
    }
}

TEST_F(Bf16Groups, RunProducts) {
    Graph graph = test::perceptron({96, 160, 128, 32}, 0.2);
    for (auto& [name, tensor] : graph.initializers) {
        if (tensor.rank() == 2) cut_in_groups(tensor, 16, name);
    }
    for (const std::int64_t batch : {5, 128}) {
        const NamedTensors inputs = {{"x", test::random_tensor({batch, 96}, "x")}};
        const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
        for (const auto choice : {Options::Choice::sparse, Options::Choice::measured}) {
            auto session = runtime::compile(graph, in_bf16(choice));
            test::expect_near(session.run(inputs)[0], expected, 3e-2);
            if (batch == 128) {
                EXPECT_GE(layers_by(session, "conv_bf16_groups 16x1"), 2);
            }
        }
    }
}

TEST_F(Bf16Groups, ScatteredZerosStayInF32) {
    const Graph graph = test::perceptron({96, 160, 32}, 0.1);
    auto session = runtime::compile(graph, in_bf16(Options::Choice::sparse));
    session.run({{"x", test::random_tensor({64, 96}, "x")}});
    EXPECT_EQ(layers_by(session, "conv_bf16_groups"), 0);
}

}  // namespace
}  // namespace espalier
