// Layers behind a removal are fitted to what they gave.
#include "calibrate/repair.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"
#include "calibrate/kept_slices.h"
#include "calibrate/linear/ridge.h"
#include "calibrate/output_error.h"
#include "espalier/error.h"
#include "graph/builder.h"

namespace espalier::calibrate {
namespace {

TEST(KeptSlices, AreToldByValues) {
    const Tensor whole = Tensor::of<float>({3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    const auto kept = kept_slices(whole, Tensor::of<float>({2, 3}, {1, 2, 4, 9, 10, 12}));
    ASSERT_TRUE(kept);
    EXPECT_EQ((*kept)[0], (std::vector<std::int64_t>{0, 2}));
    EXPECT_EQ((*kept)[1], (std::vector<std::int64_t>{0, 1, 3}));
    EXPECT_FALSE(kept_slices(whole, Tensor::of<float>({2, 3}, {1, 2, 4, 9, 10, 13})));  // a value of its own
    EXPECT_FALSE(kept_slices(whole, Tensor::of<float>({2, 2}, {9, 10, 1, 2})));         // another order
    EXPECT_FALSE(kept_slices(Tensor(DType::f32, {3, 4}), Tensor(DType::f32, {2, 4})));  // all alike
    EXPECT_TRUE(kept_slices(Tensor(DType::f32, {3, 4}), Tensor(DType::f32, {3, 4})));   // nothing went
}

/// Linear layers of `width` hidden features, of which a smaller network takes the first ones.
Graph two_layers(std::int64_t width) {
    GraphBuilder b("two", 1);
    const std::string x = b.input("x", {Dim("N"), 6});
    b.output(b.linear("second", b.linear("first", x, 6, width), width, 3));
    return std::move(b).finish();
}

void take_first(const Tensor& from, Tensor& to) {
    for (std::int64_t i = 0; i < to.count(); ++i) {
        const std::int64_t cols = to.shape().back();
        const std::int64_t row = i / cols;
        to.f32()[static_cast<std::size_t>(i)] =
            from.f32()[static_cast<std::size_t>(row * from.shape().back() + i % cols)];
    }
}

void draw(Graph& graph, Random& random) {
    for (auto& [name, tensor] : graph.initializers) {
        for (float& value : tensor.f32()) value = random.normal();
    }
}

class RepairTest : public testing::Test {
  protected:
    RepairTest() : dense_(two_layers(10)), graph_(two_layers(7)) {
        Random random(5, "repair");
        draw(dense_, random);
        for (auto& [name, tensor] : graph_.initializers) take_first(dense_.initializers.at(name), tensor);
        Tensor x(DType::f32, {50, 6});
        for (float& value : x.f32()) value = random.normal() + 1;
        batches_.resize(1);
        batches_[0].emplace("x", x);
    }
    Graph dense_, graph_;
    Batches batches_;
};

// Seven features of six inputs lose nothing, so the second layer could give exactly what it gave, but for the
// damping that keeps fits to few examples near the weights before.
TEST_F(RepairTest, LeastSquaresGivesBackWhatCanBeGiven) {
    const Repaired repaired = repair(dense_, graph_, Repair::least_squares, batches_, 1);
    EXPECT_EQ(repaired.weights, (std::vector<std::string>{"first.weight", "second.weight"}));
    EXPECT_GT(repaired.before, 0.3);
    EXPECT_LT(repaired.after, 0.25 * repaired.before);
    EXPECT_TRUE(repaired.notes.empty());
    verify(graph_);
}

TEST_F(RepairTest, StatisticsGiveBackMeanAndDeviation) {
    const auto moments = [&](const Graph& graph) {
        const Tensor y = outputs_of(graph, batches_, 1)[0][0];
        std::vector<double> out(6);
        for (std::size_t i = 0; i < 150; ++i) {
            out[i % 3] += y.f32()[i] / 50;
            out[3 + i % 3] += static_cast<double>(y.f32()[i]) * y.f32()[i] / 50;
        }
        return out;
    };
    const Repaired repaired = repair(dense_, graph_, Repair::statistics, batches_, 1);
    EXPECT_LT(repaired.after, repaired.before);
    const auto wanted = moments(dense_);
    const auto got = moments(graph_);
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_NEAR(got[i], wanted[i], 1e-3 * std::max(1.0, std::abs(wanted[i])));
}

/// Convolutions of which the middle one has groups of one channel. Its images have more windows than are
/// used.
Graph separable(std::int64_t width) {
    GraphBuilder b("separable", 1);
    const std::string x = b.input("x", {Dim("N"), 4, 40, 40});
    const std::string up = b.relu("r1", b.conv("up", x, width, {.size = 1}));
    const std::string each = b.relu("r2", b.conv("each", up, width, {.size = 3, .pad = 1}, true, width));
    b.output(b.conv("down", each, 3, {.size = 3}));
    return std::move(b).finish();
}

TEST(Repair, OfConvolutionsWithGroupsFromSomeOfTheWindows) {
    Graph dense = separable(8);
    Random random(7, "repair");
    draw(dense, random);
    const auto smaller = [&] {
        Graph graph = separable(6);
        for (auto& [name, tensor] : graph.initializers) {
            const Tensor& from = dense.initializers.at(name);
            const std::int64_t window = name == "down.weight" ? 9 * 8 : from.count() / from.shape()[0];
            const std::int64_t left = tensor.count() / tensor.shape()[0];
            for (std::int64_t i = 0; i < tensor.count(); ++i)
                tensor.f32()[static_cast<std::size_t>(i)] =
                    from.f32()[static_cast<std::size_t>(i / left * window + i % left)];
        }
        return graph;
    };
    Batches batches(9);
    for (NamedTensors& batch : batches) {
        Tensor x(DType::f32, {1, 4, 40, 40});
        for (float& value : x.f32()) value = random.normal();
        batch.emplace("x", x);
    }
    for (const Repair how : {Repair::least_squares, Repair::statistics}) {
        Graph graph = smaller();
        const Repaired repaired = repair(dense, graph, how, batches, 1);
        EXPECT_EQ(repaired.weights, (std::vector<std::string>{"up.weight", "each.weight", "down.weight"}));
        EXPECT_LT(repaired.after, (how == Repair::least_squares ? 0.8 : 0.9) * repaired.before);
        Graph again = smaller();  // which windows are used depends on nothing else
        repair(dense, again, how, batches, 1);
        EXPECT_EQ(again.initializers.at("down.weight"), graph.initializers.at("down.weight"));
    }
}

/// y = a2 a1 x + b q p x, where a1 has `width` outputs.
Graph side_by_side(std::int64_t width) {
    GraphBuilder b("sides", 1);
    const std::string x = b.input("x", {Dim("N"), 6});
    const std::string a = b.linear("a2", b.linear("a1", x, 6, width), width, 3);
    b.output(b.add("y", b.linear("b", b.linear("q", b.linear("p", x, 6, 6), 6, 6), 6, 3), a));
    return std::move(b).finish();
}

// One feature cannot give what six gave; the layer beside it, which lost nothing, can give the rest.
TEST_F(RepairTest, AResidualIsMadeUpForByWhatIsAddedToIt) {
    Graph dense = side_by_side(6);
    Graph graph = side_by_side(1);
    Random random(5, "sides");
    draw(dense, random);
    for (auto& [name, tensor] : graph.initializers) take_first(dense.initializers.at(name), tensor);
    const Repaired repaired = repair(dense, graph, Repair::least_squares, batches_, 1);
    EXPECT_GT(repaired.before, 0.2);
    EXPECT_LT(repaired.after, 0.02);
}

TEST(Repair, ResidualsOfImagesToo) {
    const auto network = [](std::int64_t width) {
        GraphBuilder b("images", 1);
        const std::string x = b.input("x", {Dim("N"), 4, 9, 7});
        const std::string a = b.conv("a2", b.conv("a1", x, width, {.size = 1}), 3, {.size = 1, .stride = 2});
        const std::string q = b.conv("q", b.conv("p", x, 4, {.size = 1}), 4, {.size = 1});
        b.output(b.add("y", a, b.conv("b", q, 3, {.size = 1, .stride = 2})));
        return std::move(b).finish();
    };
    Graph dense = network(6);
    Graph graph = network(1);
    Random random(5, "images");
    draw(dense, random);
    for (auto& [name, tensor] : graph.initializers) {
        const Tensor& whole = dense.initializers.at(name);
        for (std::int64_t i = 0; i < tensor.count(); ++i)
            tensor.f32()[static_cast<std::size_t>(i)] =
                whole.f32()[static_cast<std::size_t>(name == "a2.weight" ? 6 * i : i)];
    }
    Batches batches(4);
    for (NamedTensors& batch : batches) {
        Tensor x(DType::f32, {3, 4, 9, 7});
        for (float& value : x.f32()) value = random.normal();
        batch.emplace("x", x);
    }
    const Repaired repaired = repair(dense, graph, Repair::least_squares, batches, 1);
    EXPECT_GT(repaired.before, 0.2);
    EXPECT_LT(repaired.after, 0.06);
}

// One input of variance 4 with covariance 2 to the target: D = 2 / (4 + 4 d), and growth D (4 D - 4).
TEST(Ridge, IsHeldBackByDamping) {
    const RidgeEquation one{.inputs = 1, .outputs = 1, .covariance = {4}, .right = {2}, .spread = 4};
    EXPECT_NEAR(solved(one, 1, 1).at(0), 0.25, 1e-6);
    EXPECT_NEAR(growth_of_error(one, {0.25F}), 0.25 * (1 - 4), 1e-6);
    EXPECT_EQ(best_damping(one, one, 1), 0.001);
    RidgeEquation less = one;  // held rows want a tenth of it: D = 0.05, and up to 0.1 helps
    less.right = {0.2F};
    EXPECT_EQ(best_damping(one, less, 1), 10);
    less.right = {-0.2F};
    EXPECT_FALSE(best_damping(one, less, 1));
    EXPECT_TRUE(
        solved({.inputs = 1, .outputs = 1, .covariance = {-1}, .right = {1}, .spread = 0}, 1, 1).empty());
}

// Thirty inputs of twenty rows can be fitted to anything: what does not help other rows is left.
TEST(Repair, ChanceIsNotFitted) {
    const auto network = [](std::int64_t width) {
        GraphBuilder b("chance", 1);
        b.output(b.linear("second", b.relu("h", b.linear("first", b.input("x", {Dim("N"), 40}), 40, width)),
                          width, 2));
        return std::move(b).finish();
    };
    Graph dense = network(60);
    Graph graph = network(30);
    Random random(5, "chance");
    draw(dense, random);
    for (auto& [name, tensor] : graph.initializers) take_first(dense.initializers.at(name), tensor);
    const auto drawn = [&](std::int64_t rows) {
        Tensor x(DType::f32, {rows, 40});
        for (float& value : x.f32()) value = random.normal();
        Batches batches(1);
        batches[0].emplace("x", std::move(x));
        return batches;
    };
    const Batches others = drawn(400);
    const auto wanted = outputs_of(dense, others, 1);
    const double before = relative_error(wanted, outputs_of(graph, others, 1));
    repair(dense, graph, Repair::least_squares, drawn(40), 1);
    EXPECT_LT(relative_error(wanted, outputs_of(graph, others, 1)), 1.02 * before);
}

TEST_F(RepairTest, WhatCannotBeToldIsNamed) {
    for (Graph* graph : {&dense_, &graph_}) {
        for (float& value : graph->initializers.at("second.weight").f32()) value = 0.5F;
    }
    const Repaired repaired = repair(dense_, graph_, Repair::least_squares, batches_, 1);
    ASSERT_EQ(repaired.notes.size(), 1U);
    EXPECT_NE(repaired.notes[0].find("\"second.weight\" is not repaired"), std::string::npos);
    EXPECT_ERROR(InvalidArgument, "repair \"all\" is not known, expected none, statistics or least-squares",
                 repair_of("all"));
}

/// Nothing was seen: that is not "0 % off".
TEST(OutputError, OfNoOutputsIsRefused) {
    const std::vector<std::vector<Tensor>> none = {{Tensor(DType::f32, {3, 0})},
                                                   {Tensor(DType::f32, {0, 2})}};
    EXPECT_ERROR(BadData, "no output of the network has an element", relative_error(none, none));
}

}  // namespace
}  // namespace espalier::calibrate
