// What proves a changed network, and what does not.
#include "experiment/prune/proof.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/expect_error.h"
#include "espalier/error.h"

namespace espalier {
namespace {

/// y = x * factors.
Graph product(const std::vector<float>& factors) {
    const auto width = static_cast<std::int64_t>(factors.size());
    Graph graph;
    graph.name = "product";
    graph.inputs = {{"x", {DType::f32, {Dim(2), Dim(width)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim(2), Dim(width)}}}};
    graph.initializers.emplace("w", Tensor::of<float>({width}, factors));
    graph.nodes = {{.name = "mul", .op = "Mul", .inputs = {"x", "w"}, .outputs = {"y"}, .attributes = {}}};
    verify(graph);
    return graph;
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Proof, TellsTheLargestDifference) {
    EXPECT_EQ(experiment::prove("change", product({1, 2}), product({1, 2}), product({1, 2})), 0);
    EXPECT_GT(experiment::prove("change", product({1, 2}), product({1, 2}), product({1, 2 + 1e-6F})), 0);
    EXPECT_ERROR(Unsupported, "the change could not be proved",
                 experiment::prove("change", product({1, 2}), product({1, 2}), product({1, 2.1F})));
}

TEST(Proof, NumbersThatAreNoneProveNothing) {
    for (const float odd : {kNan, kInfinity}) {
        EXPECT_ERROR(Unsupported, "could not be proved",
                     experiment::prove("change", product({1, 2}), product({1, 2}), product({1, odd})));
        EXPECT_ERROR(Unsupported, "could not be proved",
                     experiment::prove("change", product({1, 2}), product({1, odd}), product({1, 2})));
        EXPECT_EQ(experiment::prove("change", product({1, odd}), product({1, odd}), product({1, odd})), 0);
    }
}

}  // namespace
}  // namespace espalier
