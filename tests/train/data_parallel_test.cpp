// 1, 2, 4 and 8 ranks train to the same bytes, whatever they train, and go on from each other's checkpoints.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "base/expect_error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "espalier/models.h"
#include "train/blobs.h"
#include "train/loop/checkpoint.h"
#include "train/loop/trainer.h"
#include "train/rank_threads.h"

namespace espalier::train {
namespace {

using testing::on_ranks;

prune::MaskSet random_masks(const Graph& graph, double density, std::uint64_t seed) {
    prune::MaskSet masks;
    for (const std::string& name : prunable_weights(graph)) {
        prune::Mask mask(graph.initializers.at(name).shape());
        Random random(seed, name);
        for (std::int64_t i = 0; i < mask.count(); ++i) mask.set(i, random.uniform() < density);
        masks.insert(name, std::move(mask));
    }
    return masks;
}

void expect_same(const Outcome& a, const Outcome& b) {
    EXPECT_EQ(a.weights, b.weights);
    EXPECT_EQ(a.snapshots, b.snapshots);
    EXPECT_EQ(a.masks, b.masks);
    EXPECT_EQ(a.movement, b.movement);
    EXPECT_EQ(a.best_step, b.best_step);
    EXPECT_EQ(a.test.loss, b.test.loss);
    EXPECT_EQ(a.train.score, b.train.score);
    ASSERT_EQ(a.curve.size(), b.curve.size());
    for (std::size_t i = 0; i < a.curve.size(); ++i) {
        EXPECT_EQ(a.curve[i].validation_loss, b.curve[i].validation_loss);
        EXPECT_EQ(a.curve[i].train_loss, b.curve[i].train_loss);
    }
}

/// A recipe of eight shards; 600 examples in batches of 64 end an epoch with one of 24.
class DataParallelTest : public ::testing::Test {
  protected:
    DataParallelTest() {
        recipe_.train.batch_size = 64;
        recipe_.train.shards = 8;
        recipe_.train.steps = {2, 0};
        recipe_.train.optimizer.momentum = 0.9;
        recipe_.experiment.evaluate_every = {0, 7};
    }

    Job job() const {
        return {.graph = graph_,
                .dataset = dataset_,
                .recipe = recipe_,
                .weights = {},
                .last_step = 20,
                .snapshots = {0, 5}};
    }

    static Outcome on(int size, const Job& job) {
        std::vector<Outcome> outcomes(static_cast<std::size_t>(size));
        const auto errors = on_ranks(size, [&](Ranks& ranks) {
            Job own = job;
            own.ranks = &ranks;
            outcomes[static_cast<std::size_t>(ranks.rank())] = run(own);
        });
        EXPECT_EQ(errors, std::vector<std::string>(static_cast<std::size_t>(size)));
        for (const Outcome& outcome : outcomes) expect_same(outcome, outcomes[0]);
        return std::move(outcomes[0]);
    }

    void expect_same_on_all(const Job& job, const std::vector<int>& sizes = {1, 2, 4, 8}) {
        const Outcome alone = run(job);
        for (const int size : sizes) {
            SCOPED_TRACE(size);
            expect_same(on(size, job), alone);
        }
    }

    data::Dataset dataset_ = espalier::testing::blob_dataset();
    Graph graph_ = models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 5});
    Recipe recipe_;
};

TEST_F(DataParallelTest, DenseLayers) { expect_same_on_all(job()); }

TEST_F(DataParallelTest, MasksWithDropoutAugmentationMovementAndPenalties) {
    const prune::MaskSet masks = random_masks(graph_, 0.1, 3);
    recipe_.data.crop = 1;
    recipe_.regularize.l1 = 1e-4;
    recipe_.train.clip_gradient = 1;
    recipe_.train.optimizer.name = "adam";
    Job masked = job();
    masked.masks = &masks;
    expect_same_on_all(masked, {2, 4});
    masked.movement = true;
    expect_same_on_all(masked, {2, 4});
}

TEST_F(DataParallelTest, BatchNormalisationWithStatisticsOfShards) {
    graph_ = models::build("resnet-20", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 5});
    Job small = job();
    small.last_step = 11;  // over the end of an epoch
    expect_same_on_all(small, {2, 4});
}

TEST_F(DataParallelTest, MasksThatMove) {
    const prune::MaskSet first = random_masks(graph_, 0.2, 3);
    Job moving = job();
    moving.masks = &first;
    moving.reprune = [&](std::int64_t step,
                         const std::function<TrainingState()>&) -> std::optional<prune::MaskSet> {
        if (step == 0 || step % 5 != 0) return {};
        return random_masks(graph_, 0.2, static_cast<std::uint64_t>(step));
    };
    expect_same_on_all(moving, {2, 4});
}

TEST_F(DataParallelTest, GoesOnWithAnotherNumberOfRanks) {
    const espalier::testing::TemporaryFolder folder;
    const Outcome whole = run(job());
    for (const auto& [before, after] : std::map<int, int>{{1, 4}, {4, 2}, {2, 1}}) {
        SCOPED_TRACE(before);
        Job broken = job();
        broken.checkpoint = CheckpointFile{.path = folder / "checkpoint", .key = "job", .seconds = 0};
        const auto errors = on_ranks(before, [&](Ranks& ranks) {
            Job own = broken;
            own.ranks = &ranks;
            own.on_evaluation = [&](const store::Evaluation& at) {
                if (at.step == 14 && ranks.rank() == ranks.size() - 1) throw std::runtime_error("killed");
            };
            run(own);
        });
        EXPECT_EQ(errors.back(), "killed");
        for (std::size_t i = 0; i + 1 < errors.size(); ++i) EXPECT_EQ(errors[i], "another rank has ended");
        EXPECT_GE(load_checkpoint(folder / "checkpoint", "job")->step, 13);
        expect_same(on(after, broken), whole);
        std::filesystem::remove(folder / "checkpoint");
    }
}

/// Classes at six positions of an example, padded behind a random length: shards weigh as their targets do.
data::Examples padded_examples(std::int64_t count, const char* purpose) {
    constexpr std::int64_t kPositions = 6, kFeatures = 5;
    Random random(3, purpose);
    data::Examples examples;
    examples.inputs = {{.values = Tensor(DType::f32, {count, kPositions, kFeatures})}};
    examples.targets = Tensor(DType::i32, {count, kPositions});
    const auto features = examples.inputs[0].values.f32();
    const auto classes = examples.targets.as<std::int32_t>();
    for (float& value : features) value = random.uniform();
    for (std::int64_t i = 0; i < count; ++i) {
        const auto length = static_cast<std::int64_t>(1 + random.below(kPositions));
        for (std::int64_t k = 0; k < kPositions; ++k) {
            const auto at = static_cast<std::size_t>(i * kPositions + k);
            const auto label = static_cast<std::int32_t>(features[at * kFeatures] * 3);
            classes[at] = k < length ? label : data::kNoClass;
        }
    }
    return examples;
}

class PaddedTargets : public DataParallelTest {
  protected:
    PaddedTargets() {
        dataset_ = {.name = "padded",
                    .train = padded_examples(600, "train"),
                    .validation = padded_examples(200, "validation"),
                    .test = padded_examples(300, "test"),
                    .normalization = {},
                    .classes = 3};
        graph_ = {};
        graph_.inputs = {{"x", {DType::f32, {Dim("n"), Dim(6), Dim(5)}}}};
        graph_.outputs = {{"y", {DType::f32, {Dim("n"), Dim(6), Dim(3)}}}};
        graph_.nodes = {{"first", "MatMul", {"x", "w1"}, {"a"}, {}},
                        {"relu", "Relu", {"a"}, {"b"}, {}},
                        {"second", "MatMul", {"b", "w2"}, {"y"}, {}}};
        for (const auto& [name, shape] : {std::pair{"w1", Shape{5, 40}}, std::pair{"w2", Shape{40, 3}}}) {
            Tensor w(DType::f32, shape);
            Random random(1, name);
            for (float& value : w.f32()) value = random.uniform() - 0.5F;
            graph_.initializers.emplace(name, std::move(w));
        }
        recipe_.model.class_axis = -1;
    }
};

TEST_F(PaddedTargets, TrainToTheSameBytesOnAnyNumberOfRanks) {
    expect_same_on_all(job());
    EXPECT_GT(run(job()).test.score, 0.4);  // a third by chance
}

TEST_F(PaddedTargets, GoOnFromWhereTheyWereInterrupted) {
    const espalier::testing::TemporaryFolder folder;
    const Outcome whole = run(job());
    for (const int size : {1, 2, 4}) {
        SCOPED_TRACE(size);
        Job stopped = job();
        stopped.checkpoint = CheckpointFile{.path = folder / "checkpoint", .key = "job", .seconds = 0};
        stopped.on_evaluation = [](const store::Evaluation& at) {
            if (at.step == 14) throw Interrupted("by the user");
        };
        EXPECT_THROW(run(stopped), Interrupted);
        EXPECT_GE(load_checkpoint(folder / "checkpoint", "job")->step, 13);
        stopped.on_evaluation = {};
        expect_same(on(size, stopped), whole);
        std::filesystem::remove(folder / "checkpoint");
    }
}

TEST_F(DataParallelTest, WhatInterruptsOneEndsAllAfterTheSameStep) {
    const espalier::testing::TemporaryFolder folder;
    const Outcome whole = run(job());
    Job stopped = job();
    stopped.checkpoint = CheckpointFile{.path = folder / "checkpoint", .key = "job", .seconds = 1e9};
    const auto errors = on_ranks(4, [&](Ranks& ranks) {
        Job own = stopped;
        own.ranks = &ranks;
        own.on_progress = [&](const Progress&) {
            if (ranks.rank() == 2) throw Interrupted("by the user");
        };
        run(own);
    });
    EXPECT_EQ(errors, std::vector<std::string>(4, "stopped"));
    EXPECT_EQ(load_checkpoint(folder / "checkpoint", "job")->step, 1);
    expect_same(on(2, stopped), whole);
}

TEST_F(DataParallelTest, OnlyWhatIsLeftTravels) {
    const auto bytes = [&](double density) {
        const prune::MaskSet masks = random_masks(graph_, density, 3);
        Job masked = job();
        if (density < 1) masked.masks = &masks;
        std::int64_t sent = 0;
        on_ranks(2, [&](Ranks& ranks) {
            Job own = masked;
            own.ranks = &ranks;
            run(own);
            if (ranks.is_first()) sent = ranks.bytes_sent();
        });
        return static_cast<double>(sent);
    };
    EXPECT_LT(bytes(0.1), 0.15 * bytes(1));
}

TEST_F(DataParallelTest, RanksWithOtherMasksAreToldApart) {
    const prune::MaskSet one = random_masks(graph_, 0.2, 3);
    const prune::MaskSet other = random_masks(graph_, 0.2, 4);
    const auto errors = on_ranks(2, [&](Ranks& ranks) {
        Job own = job();
        own.ranks = &ranks;
        own.masks = ranks.is_first() ? &one : &other;
        run(own);
    });
    EXPECT_EQ(errors[0].find("rank 1 has other weights at step 0 than rank 0: "), 0U) << errors[0];
    EXPECT_EQ(errors[0], errors[1]);
}

TEST_F(DataParallelTest, RefusesRanksThatDoNotDivideTheShards) {
    const auto errors = on_ranks(3, [&](Ranks& ranks) {
        Job own = job();
        own.ranks = &ranks;
        run(own);
    });
    EXPECT_EQ(errors[0], "train.shards = 8 cannot be divided among 3 ranks: expected 1, 2, 4, 8 ranks");
    recipe_.train.shards = 1;
    EXPECT_NE(on_ranks(2,
                       [&](Ranks& ranks) {
                           Job own = job();
                           own.ranks = &ranks;
                           run(own);
                       })[1]
                  .find("train.shards = 1 cannot be divided among 2 ranks: expected 1 rank"),
              std::string::npos);
}

/// With equal shards and no statistics of batches the mean of means is the mean: the same up to rounding.
TEST_F(DataParallelTest, ShardsChangeTheRoundingAlone) {
    const Outcome sharded = run(job());
    recipe_.train.shards = 1;
    const Outcome whole = run(job());
    for (const auto& [name, weight] : whole.weights) {
        const auto other = sharded.weights.at(name).f32();
        for (std::size_t i = 0; i < other.size(); ++i) ASSERT_NEAR(weight.f32()[i], other[i], 1e-4) << name;
    }
}

}  // namespace
}  // namespace espalier::train
