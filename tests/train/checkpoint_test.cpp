// A training that was interrupted and goes on ends in the same bytes as one that was not, whatever it
// carries.
#include "train/loop/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/expect_error.h"
#include "base/file_size_limit.h"
#include "base/files.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "espalier/models.h"
#include "train/blobs.h"
#include "train/loop/trainer.h"

namespace espalier::train {
namespace {

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
    EXPECT_EQ(a.best_validation.loss, b.best_validation.loss);
    EXPECT_EQ(a.best_test.loss, b.best_test.loss);
    EXPECT_EQ(a.test.loss, b.test.loss);
    ASSERT_EQ(a.curve.size(), b.curve.size());
    for (std::size_t i = 0; i < a.curve.size(); ++i) {
        EXPECT_EQ(a.curve[i].step, b.curve[i].step);
        EXPECT_EQ(a.curve[i].validation_loss, b.curve[i].validation_loss);
        EXPECT_EQ(a.curve[i].train_loss, b.curve[i].train_loss);
    }
}

class CheckpointTest : public ::testing::Test {
  protected:
    CheckpointTest() {
        recipe_.train.batch_size = 50;
        recipe_.train.steps = {3, 0};
        recipe_.experiment.evaluate_every = {0, 7};
    }

    Job job() const {
        return {.graph = graph_,
                .dataset = dataset_,
                .recipe = recipe_,
                .weights = {},
                .last_step = 36,
                .snapshots = {0, 5, 20}};
    }
    CheckpointFile at(double seconds = 0) const {
        return {.path = folder_ / "checkpoint", .key = "job", .seconds = seconds};
    }

    /// Breaks off in the evaluation of `step`, as SIGKILL would: on disk is what the step before left.
    void break_off(Job job, std::int64_t step) const {
        job.checkpoint = at();
        job.on_evaluation = [&](const store::Evaluation& evaluation) {
            if (evaluation.step == step) throw std::runtime_error("killed");
        };
        EXPECT_THROW(run(job), std::runtime_error);
    }

    void expect_resumes(Job job) {
        const Outcome whole = run(job);
        for (const std::int64_t step : {7, 14, 28}) {
            break_off(job, step);
            EXPECT_EQ(load_checkpoint(at().path, "job")->step, step - 1);
        }
        job.checkpoint = at();
        expect_same(run(job), whole);
        std::filesystem::remove(at().path);
    }

    testing::TemporaryFolder folder_;
    data::Dataset dataset_ = testing::blob_dataset();
    Graph graph_ = models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 5});
    Recipe recipe_;
    prune::MaskSet masks_ = random_masks(graph_, 0.3, 3);
};

TEST_F(CheckpointTest, InterruptedTrainingOfSparseLayersEndsInTheSameBytes) {
    for (const std::string name : {"sgd", "adam", "adamw"}) {
        SCOPED_TRACE(name);
        recipe_.train.optimizer.name = name;
        recipe_.train.optimizer.momentum = 0.9;
        Job masked = job();
        masked.masks = &masks_;
        expect_resumes(masked);
    }
}

TEST_F(CheckpointTest, AnInterruptWritesOneAtOnce) {
    Job plain = job();
    const Outcome whole = run(plain);
    plain.checkpoint = at(1e9);
    plain.on_progress = [](const Progress&) { throw Interrupted("stop"); };
    EXPECT_THROW(run(plain), Interrupted);
    EXPECT_EQ(load_checkpoint(at().path, "job")->step, 0);
    plain.on_progress = {};
    expect_same(run(plain), whole);
}

TEST_F(CheckpointTest, DenseTrainingWithDropoutAugmentationAndMovement) {
    recipe_.data.crop = 1;
    recipe_.data.flip = true;
    recipe_.regularize.l1 = 1e-4;
    Job plain = job();
    plain.masks = &masks_;
    plain.movement = true;
    expect_resumes(plain);
}

TEST_F(CheckpointTest, MasksThatMove) {
    Job moving = job();
    moving.masks = &masks_;
    moving.reprune = [this](std::int64_t step, const std::function<TrainingState()>&) {
        std::optional<prune::MaskSet> masks;
        if (step % 5 == 0 && step < 30) masks = random_masks(graph_, 0.3, static_cast<std::uint64_t>(step));
        return masks;
    };
    expect_resumes(moving);
}

TEST_F(CheckpointTest, RunningStatisticsOfBatchNormalisation) {
    dataset_ = testing::blob_dataset(300, 10, 16);
    graph_ = models::build("resnet-20", {.example_shape = {1, 16, 16}, .classes = 10, .seed = 5});
    masks_ = random_masks(graph_, 0.5, 3);
    Job masked = job();
    masked.last_step = 30;
    masked.masks = &masks_;
    masked.snapshots = {0, 5};
    masked.statistics_batches = 3;
    expect_resumes(masked);
}

TEST_F(CheckpointTest, RefusesTheCheckpointOfAnotherTraining) {
    break_off(job(), 7);
    Job other = job();
    other.checkpoint = CheckpointFile{.path = at().path, .key = "other", .seconds = 30};
    EXPECT_ERROR(BadData, "a checkpoint of training job, expected one of other", run(other));
    // The same name, but another network.
    const Graph small = models::build("mlp-20", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 5});
    Job another{.graph = small, .dataset = dataset_, .recipe = recipe_, .weights = {}, .last_step = 36};
    another.checkpoint = at();
    EXPECT_ERROR(BadData, "weights of \"fc1.bias\" are 300, the network has 20", run(another));
}

TEST_F(CheckpointTest, RefusesADamagedFile) {
    write_text(at().path, "not a checkpoint");
    Job one = job();
    one.checkpoint = at();
    EXPECT_ERROR(BadData, "without this file training begins anew", run(one));
}

TEST_F(CheckpointTest, AFullDiskLeavesTheOneBefore) {
    Checkpoint checkpoint;
    checkpoint.step = 3;
    save(at().path, "job", checkpoint);
    {
        const testing::FileSizeLimit limit(1000);
        checkpoint.step = 4;
        checkpoint.weights.emplace("w", Tensor(DType::f32, {1000}));
        EXPECT_THROW(save(at().path, "job", checkpoint), IoError);
    }
    EXPECT_EQ(load_checkpoint(at().path, "job")->step, 3);
}

TEST_F(CheckpointTest, DivergenceNamesStepLayerAndLastGoodCheckpoint) {
    recipe_.train.optimizer = {.name = "sgd", .learning_rate = 1e30};
    Job wild = job();
    wild.checkpoint = at();
    EXPECT_ERROR(Error, "training diverged in step", run(wild));
    EXPECT_ERROR(Error, at().path.string(), run(wild));
    Job without = job();
    Weights weights = graph_.initializers;
    weights.at("fc2.weight").f32()[7] = std::numeric_limits<float>::quiet_NaN();
    without.weights = weights;
    EXPECT_ERROR(Error, "weight \"fc2.weight\" is not finite", run(without));
    EXPECT_ERROR(Error, "there is no checkpoint", run(without));
    weights = graph_.initializers;
    for (float& w : weights.at("fc2.weight").f32()) w = 3e38F;
    without.weights = weights;
    EXPECT_ERROR(Error, "the output of node \"fc2\"", run(without));
}

}  // namespace
}  // namespace espalier::train
