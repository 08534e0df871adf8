#include "train/loop/trainer.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/models.h"
#include "train/blobs.h"

namespace espalier::train {
namespace {

class TrainerTest : public ::testing::Test {
  protected:
    TrainerTest() {
        recipe_.train.batch_size = 50;
        recipe_.experiment.evaluate_every = {0, 10};
    }

    Job job(std::int64_t last_step) const {
        return {
            .graph = graph_, .dataset = dataset_, .recipe = recipe_, .weights = {}, .last_step = last_step};
    }

    prune::MaskSet random_masks(double density) const {
        prune::MaskSet masks;
        for (const std::string& name : prunable_weights(graph_)) {
            prune::Mask mask(graph_.initializers.at(name).shape());
            Random random(3, name);
            for (std::int64_t i = 0; i < mask.count(); ++i) mask.set(i, random.uniform() < density);
            masks.insert(name, std::move(mask));
        }
        return masks;
    }

    data::Dataset dataset_ = testing::blob_dataset();
    Graph graph_ = models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 5});
    Recipe recipe_;
};

TEST_F(TrainerTest, Learns) {
    const Outcome outcome = run(job(60));
    EXPECT_LT(outcome.validation.loss, outcome.curve.front().validation_loss / 2);
    EXPECT_GT(outcome.test.score, 0.8);
}

TEST_F(TrainerTest, SameJobGivesTheSameBytes) {
    EXPECT_EQ(run(job(30)).weights, run(job(30)).weights);
    Job other = job(30);
    other.seed = 2;
    EXPECT_NE(run(job(30)).weights, run(other).weights);
}

TEST_F(TrainerTest, PrunedWeightsStayPositiveZeroUnderEveryOptimizer) {
    const prune::MaskSet masks = random_masks(0.1);
    for (const std::string name : {"sgd", "adam"}) {
        recipe_.train.optimizer.name = name;
        recipe_.train.optimizer.learning_rate = 0.01;
        recipe_.train.optimizer.momentum = 0.9;
        recipe_.train.optimizer.weight_decay = 1e-4;
        Job masked = job(20);
        masked.masks = &masks;
        const Weights weights = run(masked).weights;
        for (const auto& [weight, mask] : masks) {
            const auto values = weights.at(weight).f32();
            std::int64_t kept_nonzero = 0;
            for (std::int64_t i = 0; i < mask.count(); ++i) {
                const float value = values[static_cast<std::size_t>(i)];
                if (mask[i]) {
                    kept_nonzero += value != 0 ? 1 : 0;
                } else {
                    ASSERT_EQ(std::bit_cast<std::uint32_t>(value), 0U) << name << " " << weight << " " << i;
                }
            }
            EXPECT_EQ(kept_nonzero, mask.kept());
        }
    }
}

TEST_F(TrainerTest, SnapshotsAreTheWeightsOfTheirStep) {
    Job first = job(20);
    first.snapshots = {0, 7, 20};
    const Outcome outcome = run(first);
    ASSERT_EQ(outcome.snapshots.size(), 3U);
    EXPECT_EQ(outcome.snapshots.at(0), Weights(graph_.initializers));
    EXPECT_EQ(outcome.snapshots.at(7), run(job(7)).weights);
    EXPECT_EQ(outcome.snapshots.at(20), outcome.weights);
}

TEST_F(TrainerTest, ContinuesTheDataOrderFromItsFirstStep) {
    // Plain SGD has no state, so steps 0..7 and then 7..20 must give what 0..20 gives.
    recipe_.train.optimizer = {.name = "sgd", .learning_rate = 0.05};
    Job second = job(20);
    second.first_step = 7;
    second.weights = run(job(7)).weights;
    EXPECT_EQ(run(second).weights, run(job(20)).weights);
}

TEST_F(TrainerTest, AugmentationIsPartOfTheRecipeAndRepeatable) {
    recipe_.train.optimizer = {.name = "sgd", .learning_rate = 0.05};
    const Weights plain = run(job(20)).weights;
    recipe_.data.flip = true;
    recipe_.data.crop = 1;
    const Weights augmented = run(job(20)).weights;
    EXPECT_NE(augmented, plain);
    Job second = job(20);
    second.first_step = 7;
    second.weights = run(job(7)).weights;
    EXPECT_EQ(run(second).weights, augmented);
}

TEST_F(TrainerTest, EvaluatesOnItsStepsAndFindsTheBest) {
    const Outcome outcome = run(job(25));
    std::vector<std::int64_t> steps;
    for (const auto& evaluation : outcome.curve) steps.push_back(evaluation.step);
    EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 10, 20, 25}));
    for (const auto& evaluation : outcome.curve) {
        EXPECT_GE(evaluation.validation_loss, outcome.best_validation.loss);
        if (evaluation.step == outcome.best_step) {
            EXPECT_EQ(evaluation.validation_loss, outcome.best_validation.loss);
        }
    }
}

TEST_F(TrainerTest, EvaluateAgreesWithPredict) {
    const Outcome outcome = run(job(30));
    const Tensor outputs = predict(graph_, outcome.weights, dataset_.test, dataset_.normalization, 1);
    ASSERT_EQ(outputs.shape(), (Shape{300, 10}));
    std::int64_t correct = 0;
    for (std::int64_t i = 0; i < 300; ++i) {
        const auto row = outputs.f32().subspan(static_cast<std::size_t>(10 * i), 10);
        correct += std::max_element(row.begin(), row.end()) - row.begin() ==
                   dataset_.test.classes()[static_cast<std::size_t>(i)];
    }
    EXPECT_DOUBLE_EQ(static_cast<double>(correct) / 300, outcome.test.score);
}

TEST_F(TrainerTest, MasksMayChangeDuringTraining) {
    const prune::MaskSet all = random_masks(1.0);
    const prune::MaskSet few = random_masks(0.3);
    const prune::MaskSet none = random_masks(-1.0);
    std::vector<Weights> seen;
    for (const std::string name : {"sgd", "adam"}) {
        recipe_.train.optimizer = {.name = name, .learning_rate = 0.01, .momentum = 0.9};
        Job changing = job(12);
        changing.masks = &all;
        changing.reprune = [&](std::int64_t step, const auto& look) -> std::optional<prune::MaskSet> {
            if (step == 4) {
                EXPECT_EQ(look().masks, all);
                return few;
            }
            if (step == 8) {  // everything away, and all of it back in the next step
                EXPECT_EQ(look().masks, few);
                return none;
            }
            if (step == 9) return all;
            if (step == 10) seen.push_back(look().weights);
            return {};
        };
        const Outcome outcome = run(changing);
        EXPECT_EQ(outcome.masks, all);
        EXPECT_GE(outcome.best_step, 9);
        // One update after growing from zero: SGD moved by lr * g, Adam by at most lr, and neither by old
        // momentum.
        for (const float weight : seen.back().at("fc2.weight").f32()) ASSERT_LE(std::abs(weight), 0.0101F);
    }
}

TEST_F(TrainerTest, MovementIsMinusWeightTimesGradient) {
    recipe_.train.optimizer = {.name = "sgd", .learning_rate = 0.5};
    Job moving = job(2);
    moving.snapshots = {0, 1, 2};
    moving.movement = true;
    const Outcome outcome = run(moving);
    for (const auto& [name, movement] : outcome.movement) {
        const auto at = [&, &key = name](std::int64_t step) {
            return outcome.snapshots.at(step).at(key).f32();
        };
        for (std::size_t i = 0; i < movement.f32().size(); ++i) {
            double expected = 0;  // g = (w - w') / lr
            for (const std::int64_t step : {0, 1})
                expected -= at(step)[i] * (double{at(step)[i]} - double{at(step + 1)[i]}) / 0.5;
            ASSERT_NEAR(movement.f32()[i], expected, 1e-6) << name << " " << i;
        }
    }
    EXPECT_EQ(outcome.movement.size(), graph_.initializers.size());
}

TEST_F(TrainerTest, RegularizersPullTheWeightsIn) {
    const auto magnitude = [](const Weights& weights) {
        double sum = 0;
        for (const float w : weights.at("fc1.weight").f32()) sum += std::abs(w);
        return sum;
    };
    const double plain = magnitude(run(job(40)).weights);
    for (double Recipe::Regularize::*strength :
         {&Recipe::Regularize::l1, &Recipe::Regularize::l2, &Recipe::Regularize::group_lasso}) {
        recipe_.regularize = {};
        recipe_.regularize.*strength = 0.05;
        EXPECT_LT(magnitude(run(job(40)).weights), 0.9 * plain);
    }
}

TEST_F(TrainerTest, ClippingBoundsTheStep) {
    recipe_.train.optimizer = {.name = "sgd", .learning_rate = 2};
    const auto length_of_step = [&] {
        double sum = 0;
        for (const auto& [name, weights] : run(job(1)).weights) {
            const auto before = graph_.initializers.at(name).f32();
            for (std::size_t i = 0; i < before.size(); ++i) sum += std::pow(weights.f32()[i] - before[i], 2);
        }
        return std::sqrt(sum);
    };
    const double free = length_of_step();
    recipe_.train.clip_gradient = free / 2 / 4;  // the gradient is half of the step: a quarter of it is left
    EXPECT_NEAR(length_of_step(), free / 4, 1e-4 * free);
    recipe_.train.clip_gradient = free;
    EXPECT_NEAR(length_of_step(), free, 1e-6 * free);
}

TEST_F(TrainerTest, LearnsFromATeacher) {
    Graph teacher = graph_;
    teacher.initializers = run(job(60)).weights;
    recipe_.train.loss = "distillation";
    recipe_.train.loss_settings.mix = 1;  // labels are not looked at
    Job pupil = job(60);
    EXPECT_ERROR(InvalidArgument, "loss \"distillation\" needs a teacher", run(pupil));
    pupil.teacher = &teacher;
    EXPECT_GT(run(pupil).test.score, 0.8);
}

TEST_F(TrainerTest, StatisticsOfBatchNormalizationMayBeTakenAnew) {
    const Graph graph = models::build("resnet-20", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 5});
    const auto weights_after = [&](std::int64_t batches) {
        return run({.graph = graph,
                    .dataset = dataset_,
                    .recipe = recipe_,
                    .weights = {},
                    .last_step = 0,
                    .statistics_batches = batches})
            .weights;
    };
    const Weights before = weights_after(0);
    const Weights after = weights_after(3);
    const std::set<std::string> moved = buffers(graph);
    ASSERT_FALSE(moved.empty());
    for (const auto& [name, tensor] : before) {
        if (moved.contains(name)) {
            EXPECT_NE(after.at(name), tensor) << name;
        } else {
            EXPECT_EQ(after.at(name), tensor) << name;
        }
    }
}

TEST_F(TrainerTest, EvaluateGivesWhatTrainingSaw) {
    const Outcome outcome = run(job(20));
    const Evaluated again =
        evaluate(graph_, outcome.weights, dataset_.validation, dataset_.normalization, recipe_, 1);
    EXPECT_EQ(again.loss, outcome.validation.loss);
    EXPECT_EQ(again.score, outcome.validation.score);
}

TEST_F(TrainerTest, RefusesWhatDoesNotFit) {
    Job wrong = job(5);
    wrong.weights.emplace("fc9.weight", Tensor(DType::f32, {2, 2}));
    EXPECT_ERROR(InvalidArgument, "weights \"fc9.weight\" do not belong to network", run(wrong));

    wrong.weights = {{"fc1.weight", Tensor(DType::f32, {2, 2})}};
    EXPECT_ERROR(InvalidArgument, "weights of \"fc1.weight\" are f32 2x2, the network has f32 300x36",
                 run(wrong));

    prune::MaskSet masks;
    masks.insert("fc1.weight", prune::Mask({3, 3}));
    Job masked = job(5);
    masked.masks = &masks;
    EXPECT_ERROR(InvalidArgument, "mask \"fc1.weight\" has shape 3x3, its weight 300x36", run(masked));

    Job backwards = job(5);
    backwards.first_step = 6;
    EXPECT_ERROR(InvalidArgument, "training from step 6 to step 5", run(backwards));
}

TEST_F(TrainerTest, LastBatchOfAnEpochMayBeSmaller) {
    recipe_.train.batch_size = 250;
    EXPECT_EQ(data::steps_per_epoch(dataset_.train.count(), 250), 3);
    EXPECT_NO_THROW(run(job(7)));
}

}  // namespace
}  // namespace espalier::train
