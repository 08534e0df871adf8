// What slopes of the outputs say of units and of elements, against sums by hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "base/random.h"
#include "calibrate/slopes/mask_fisher.h"
#include "calibrate/slopes/squared_gradients.h"
#include "espalier/error.h"
#include "graph/builder.h"

namespace espalier::calibrate {
namespace {

/// y = w2' max(0, w1 x), of one output: the random sign does not matter, and slopes are over |y|.
class Slopes : public testing::Test {
  protected:
    Slopes() {
        GraphBuilder b("one", 1);
        const std::string h = b.relu("h", b.linear("first", b.input("x", {Dim("N"), 3}), 3, 2));
        b.output(b.linear("second", h, 2, 1));
        graph_ = std::move(b).finish();
        graph_.initializers.at("first.weight") = Tensor::of<float>({2, 3}, {1, 2, 0, 0, 1, 1});
        graph_.initializers.at("second.weight") = Tensor::of<float>({1, 2}, {3, -1});
        NamedTensors batch;
        batch.emplace("x", Tensor::of<float>({2, 3}, {1, 0, 2, 2, 1, -1}));  // h = (1, 2), (4, 0); y = 1, 12
        batches_.push_back(std::move(batch));
    }

    Graph graph_;
    Batches batches_;
};

TEST_F(Slopes, OfMasksAreWhatUnitsAddToTheOutput) {
    const AxisGroups groups(graph_);
    ASSERT_EQ(groups.groups().size(), 2U);  // the output cannot go
    const CoupledGroup* const hidden = &groups.groups()[0];
    const auto scores = mask_fisher(graph_, std::span(&hidden, 1), batches_, 1, 1);
    const std::vector<float>& score = scores.at(hidden);
    ASSERT_EQ(score.size(), 2U);
    EXPECT_NEAR(score[0], (3.0 * 3.0 + 1) / 2, 1e-5);  // (3 * 1 / 1)^2 and (3 * 4 / 12)^2
    EXPECT_NEAR(score[1], (2.0 * 2.0 + 0) / 2, 1e-5);  // (-1 * 2 / 1)^2 and nothing
}

// y = 3 h - h = 2 h: read by two layers, h counts once.
TEST(SlopesOfValues, ThatSeveralLayersReadCountOnce) {
    GraphBuilder b("two readers", 1);
    const std::string h = b.relu("h", b.linear("first", b.input("x", {Dim("N"), 2}), 2, 3));
    b.output(b.add("y", b.linear("second", h, 3, 1), b.linear("third", h, 3, 1)));
    Graph graph = std::move(b).finish();
    graph.initializers.at("first.weight") = Tensor::of<float>({3, 2}, {2, 0.5F, 0.25F, 3, -1, 1.5F});
    graph.initializers.at("second.weight") = Tensor::of<float>({1, 3}, {3, 2, 0});
    graph.initializers.at("third.weight") = Tensor::of<float>({1, 3}, {-1, 2, 5});
    Batches batches(1);
    batches[0].emplace("x", Tensor::of<float>({1, 2}, {1, 0}));  // h = 2, 0.25, 0; y = 4 + 1
    const AxisGroups groups(graph);
    const auto hidden = std::ranges::find(groups.groups(), "first.weight", &CoupledGroup::name);
    ASSERT_NE(hidden, groups.groups().end());
    const CoupledGroup* const group = &*hidden;
    const auto score = mask_fisher(graph, std::span(&group, 1), batches, 1, 1).at(group);
    EXPECT_NEAR(score[0], 16.0 / 25, 1e-5);
    EXPECT_NEAR(score[1], 1.0 / 25, 1e-5);
    EXPECT_EQ(score[2], 0);
}

TEST_F(Slopes, OfHalvesAreThoseInFrontOfTheLastCast) {
    const auto wanted = squared_gradients(graph_, {"second.weight"}, batches_, 1, 1);
    ASSERT_GT(wanted.at("second.weight")[0], 0);
    graph_.nodes.push_back({"half", "Cast", {graph_.outputs[0].name}, {"half"}, {{"to", std::int64_t{10}}}});
    graph_.outputs[0] = {"half", {DType::f16, graph_.outputs[0].type.dims}};
    EXPECT_EQ(squared_gradients(graph_, {"second.weight"}, batches_, 1, 1), wanted);
    graph_.nodes.back() = {
        "best", "ArgMax", {graph_.nodes[graph_.nodes.size() - 2].outputs[0]}, {"half"}, {}};
    graph_.outputs[0].type.dtype = DType::i64;
    EXPECT_ERROR(Unsupported, "no output of the network holds real numbers",
                 squared_gradients(graph_, {"second.weight"}, batches_, 1, 1));
}

TEST_F(Slopes, OfElementsAreGradients) {
    const auto squares = squared_gradients(graph_, {"first.weight", "second.weight"}, batches_, 1, 1);
    const std::vector<float>& second = squares.at("second.weight");
    EXPECT_NEAR(second[0], (1.0 + 16.0 / 144) / 2, 1e-5);
    EXPECT_NEAR(second[1], 4.0 / 2, 1e-5);
    // dy/dw1 = w2 x where h > 0: row 0 of both examples, row 1 of the first.
    const std::vector<double> expected = {
        (9.0 + 9.0 * 4 / 144) / 2, (0 + 9.0 / 144) / 2, (36.0 + 9.0 / 144) / 2, 0.5, 0, 2};
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(squares.at("first.weight")[i], expected[i], 1e-5) << i;
}

TEST_F(Slopes, DirectionsAverageOutOverSeveralOutputs) {
    // |dy / dm|^2 / |y|^2 of two outputs, by at least 64 runs.
    GraphBuilder b("two", 1);
    const std::string h = b.linear("first", b.input("x", {Dim("N"), 2}), 2, 3);
    b.output(b.linear("second", h, 3, 2));
    Graph graph = std::move(b).finish();
    graph.initializers.at("first.weight") = Tensor::of<float>({3, 2}, {1, 0.5F, 0, 2, 0, 0});
    graph.initializers.at("second.weight") = Tensor::of<float>({2, 3}, {3, 0, 0, 4, 1, 0});
    Batches batches(1);
    batches[0].emplace("x", Tensor::of<float>({1, 2}, {0.5F, 1}));  // h = 1, 2, 0; y = 3, 6
    const AxisGroups groups(graph);
    const auto first = std::ranges::find(groups.groups(), "first.weight", &CoupledGroup::name);
    ASSERT_NE(first, groups.groups().end());
    const CoupledGroup* const hidden = &*first;
    const auto score = mask_fisher(graph, std::span(&hidden, 1), batches, 1, 1).at(hidden);
    EXPECT_NEAR(score[0], 25.0 / 45, 0.2);  // the cross term, 24 / 45, comes with both signs
    EXPECT_NEAR(score[1], 4.0 / 45, 1e-5);
    EXPECT_EQ(score[2], 0);
    EXPECT_EQ(score, mask_fisher(graph, std::span(&hidden, 1), batches, 1, 1).at(hidden));
    EXPECT_ERROR(InvalidArgument, "there are no data", mask_fisher(graph, std::span(&hidden, 1), {}, 1, 1));
}

}  // namespace
}  // namespace espalier::calibrate
