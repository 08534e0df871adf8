// A network that gets smaller while it trains does what the whole network does under its masks.
#include <gtest/gtest.h>

#include <cmath>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "espalier/surgery.h"
#include "graph/builder.h"
#include "surgery/removal/group_ranking.h"
#include "train/blobs.h"
#include "train/loop/trainer.h"

namespace espalier::train {
namespace {

/// Convolutions with a residual sum and batch normalisation, on images of 6 x 6.
Graph small_network() {
    GraphBuilder builder("small", 3);
    const std::string x = builder.input("x", {Dim("N"), 1, 6, 6});
    const std::string stem =
        builder.relu("r0", builder.batch_norm("n0", builder.conv("c0", x, 8, {.size = 3, .pad = 1}, false)));
    const std::string inner = builder.relu("r1", builder.conv("c1", stem, 12, {.size = 3, .pad = 1}));
    const std::string sum = builder.add("sum", stem, builder.conv("c2", inner, 8, {.size = 1}));
    builder.output(builder.linear("head", builder.flatten("flat", sum), 10));
    return std::move(builder).finish();
}

class RemovalTest : public ::testing::Test {
  protected:
    RemovalTest() {
        recipe_.train.batch_size = 50;
        recipe_.train.optimizer = {.name = "sgd", .learning_rate = 0.05, .momentum = 0.9};
        recipe_.experiment.evaluate_every = {0, 10};
        masks_ = cut(0.5);
    }

    prune::MaskSet cut(double share) const {
        const AxisGroups groups(graph_);
        const auto weights = surgery::candidates(graph_, graph_.initializers);
        const surgery::GroupRanking ranking(groups, weights, {}, nullptr, {});
        const auto choice = ranking.choose({.scope = "layer-wise", .target = {.sparsity = share}});
        return surgery::without_units(surgery::all_kept(graph_), choice.gone(ranking));
    }

    Job job(bool remove) const {
        return {.graph = graph_,
                .dataset = dataset_,
                .recipe = recipe_,
                .weights = graph_.initializers,
                .masks = &masks_,
                .remove = remove,
                .last_step = 20,
                .snapshots = {10}};
    }

    /// Of what the masks keep; biases and normalisations of channels that are gone change in the whole
    /// network.
    void expect_same(const Weights& whole, const Weights& small, const prune::MaskSet& masks) const {
        for (const auto& [name, mask] : masks) {
            ASSERT_EQ(whole.at(name).shape(), small.at(name).shape()) << name;
            for (std::int64_t i = 0; i < mask.count(); ++i) {
                const auto at = static_cast<std::size_t>(i);
                EXPECT_NEAR(whole.at(name).f32()[at], small.at(name).f32()[at], 2e-4) << name << " " << i;
                if (!mask[i]) {
                    EXPECT_EQ(small.at(name).f32()[at], 0) << name;
                }
            }
        }
    }

    Graph graph_ = small_network();
    data::Dataset dataset_ = testing::blob_dataset();
    Recipe recipe_;
    prune::MaskSet masks_;
};

TEST_F(RemovalTest, TrainsAsUnderMasks) {
    const Outcome whole = run(job(false));
    const Outcome small = run(job(true));
    expect_same(whole.weights, small.weights, masks_);
    expect_same(whole.snapshots.at(10), small.snapshots.at(10), masks_);
    EXPECT_EQ(small.masks, masks_);
    EXPECT_NEAR(small.validation.loss, whole.validation.loss, 1e-3);
    EXPECT_NEAR(small.best_test.loss, whole.best_test.loss, 1e-3);
    EXPECT_EQ(small.weights.size(), graph_.initializers.size());
}

TEST_F(RemovalTest, ARoundOnTheWayCarriesTheOptimizersMemoryOn) {
    const prune::MaskSet first = surgery::all_kept(graph_);
    const prune::MaskSet quarter = cut(0.25);
    const auto with = [&](bool remove) {
        Job one = job(remove);
        one.masks = &first;
        one.reprune = [&](std::int64_t step, const auto& state) -> std::optional<prune::MaskSet> {
            if (step == 5) return quarter;
            if (step != 12) return {};
            EXPECT_EQ(state().masks, quarter);
            EXPECT_EQ(state().weights.at("c1.weight").shape(), (Shape{12, 8, 3, 3}));
            return masks_;
        };
        return run(one);
    };
    const Outcome small = with(true);
    expect_same(with(false).weights, small.weights, masks_);
    EXPECT_EQ(small.masks, masks_);
}

TEST_F(RemovalTest, GoesOnFromACheckpointToTheSameBytes) {
    const testing::TemporaryFolder folder;
    const prune::MaskSet first = surgery::all_kept(graph_);
    Job one = job(true);
    one.masks = &first;
    std::int64_t stop = -1;
    one.reprune = [&](std::int64_t step, const auto&) -> std::optional<prune::MaskSet> {
        if (step == stop) throw Interrupted("stop");
        if (step == 5) return masks_;
        return {};
    };
    const Weights expected = run(one).weights;
    one.checkpoint = CheckpointFile{.path = folder / "checkpoint", .key = "k", .seconds = 0};
    for (const std::int64_t at : {3, 9}) {
        stop = at;
        EXPECT_THROW(run(one), Interrupted);
    }
    stop = -1;
    EXPECT_EQ(run(one).weights, expected);
}

TEST_F(RemovalTest, MasksOfSingleWeightsLeaveTheNetworkWhole) {
    prune::Mask scattered(graph_.initializers.at("c1.weight").shape());
    for (std::int64_t i = 0; i < scattered.count(); i += 2) scattered.set(i, false);
    masks_ = surgery::all_kept(graph_);
    masks_.insert("c1.weight", scattered);
    EXPECT_EQ(run(job(true)).weights, run(job(false)).weights);
}

}  // namespace
}  // namespace espalier::train
