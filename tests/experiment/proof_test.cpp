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

TEST(Proof, DifferencesAreOfTheLargestOutputAlsoWhereThatIsEqual) {
    const double difference =
        experiment::prove("change", product({1, 2e-6F}), product({1, 2e-6F}), product({1, 2.001e-6F}));
    EXPECT_GT(difference, 0);
    EXPECT_LT(difference, 1e-7);
}

TEST(Proof, NumbersThatAreNoneProveNothing) {
    EXPECT_ERROR(Unsupported, "no output is a finite number",
                 experiment::prove("change", product({kNan}), product({kNan}), product({kNan})));
    for (const float odd : {kNan, kInfinity}) {
        EXPECT_ERROR(Unsupported, "could not be proved",
                     experiment::prove("change", product({1, 2}), product({1, 2}), product({1, odd})));
        EXPECT_ERROR(Unsupported, "could not be proved",
                     experiment::prove("change", product({1, 2}), product({1, odd}), product({1, 2})));
        EXPECT_EQ(experiment::prove("change", product({1, odd}), product({1, odd}), product({1, odd})), 0);
    }
}

/// y = the rows of a table that words name, where a mask is not zero.
Graph masked_words(const std::vector<float>& table) {
    Graph graph;
    graph.name = "words";
    graph.inputs = {{"words", {DType::i64, {Dim(6)}}}, {"mask", {DType::i64, {Dim(6)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim(6)}}}};
    graph.initializers.emplace("table", Tensor::of<float>({std::ssize(table)}, table));
    graph.nodes = {
        {.name = "row", .op = "Gather", .inputs = {"table", "words"}, .outputs = {"row"}, .attributes = {}},
        {.name = "real",
         .op = "Cast",
         .inputs = {"mask"},
         .outputs = {"real"},
         .attributes = {{"to", std::int64_t{1}}}},
        {.name = "mul", .op = "Mul", .inputs = {"row", "real"}, .outputs = {"y"}, .attributes = {}}};
    verify(graph);
    return graph;
}

TEST(Proof, MasksLetSomethingThroughAndWordsDiffer) {
    EXPECT_ERROR(
        Unsupported, "could not be proved",
        experiment::prove("change", masked_words({1, 2}), masked_words({1, 2}), masked_words({1, 3})));
    EXPECT_EQ(experiment::prove("change", masked_words({2}), masked_words({2}), masked_words({2})), 0)
        << "an index of 1 is out of range";
}

}  // namespace
}  // namespace espalier
