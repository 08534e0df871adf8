// The sparse fully connected layer against the masked dense one: values, gradients, whole trainings.
#include "train/sparse/sparse_linear.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "espalier/models.h"
#include "train/blobs.h"
#include "train/loop/trainer.h"

namespace espalier::train {
namespace {

prune::Mask random_mask(Shape shape, double density, const std::string& name) {
    prune::Mask mask(std::move(shape));
    Random random(7, name);
    for (std::int64_t i = 0; i < mask.count(); ++i) mask.set(i, random.uniform() < density);
    return mask;
}

at::Tensor to_tensor(const prune::Mask& mask) {
    at::Tensor out = at::empty(mask.shape());
    const std::vector<float> values = mask.to_floats();
    std::copy(values.begin(), values.end(), out.data_ptr<float>());
    return out;
}

/// `scale` is the same sum over magnitudes: what rounding is measured by where terms cancel.
void expect_near(const at::Tensor& got, const at::Tensor& expected, const at::Tensor& scale) {
    const double error = (got - expected).norm().item<double>();
    EXPECT_LE(error, 1e-6 * scale.norm().item<double>());
}

TEST(SparseLinear, CompressesWhatDoesNotLieInOrder) {
    const SparseWeight weight(random_mask({70, 90}, 0.3, "turned"));
    const at::Tensor turned = at::rand({90, 70}).t();
    ASSERT_FALSE(turned.is_contiguous());
    EXPECT_TRUE(weight.compress(turned).equal(weight.compress(turned.clone(at::MemoryFormat::Contiguous))));
}

TEST(SparseLinear, HasTheValuesAndGradientsOfTheMaskedDenseLayer) {
    at::manual_seed(1);
    for (const int threads : {1, 2}) {
        set_threads(threads);
        for (const auto& [examples, inputs, outputs] :
             {std::array<std::int64_t, 3>{128, 300, 100}, {60, 130, 33}, {7, 17, 5}, {1, 40, 1}}) {
            for (const double density : {0.02, 0.3, 1.0}) {
                prune::Mask mask = random_mask({outputs, inputs}, density, "mask");
                mask.set(0, true);
                SparseWeight weight(mask);
                const at::Tensor x = at::randn({examples, inputs}).set_requires_grad(true);
                const at::Tensor dense = at::randn({outputs, inputs}) * to_tensor(mask);
                const at::Tensor kept = weight.compress(dense).set_requires_grad(true);
                const at::Tensor bias = at::randn({outputs}).set_requires_grad(true);
                const at::Tensor seed = at::randn({examples, outputs});
                EXPECT_TRUE(at::equal(weight.expand(kept.detach()), dense));

                const at::Tensor z = sparse_linear(weight, x, kept, bias);
                (z * seed).sum().backward();
                const at::Tensor m = to_tensor(mask);
                const at::Tensor sizes = at::linear(x.abs(), dense.abs(), bias.abs());
                expect_near(z, at::linear(x, dense, bias), sizes);
                expect_near(x.grad(), seed.mm(dense), seed.abs().mm(dense.abs()));
                expect_near(weight.expand(kept.grad()), seed.t().mm(x.detach()) * m,
                            seed.abs().t().mm(x.detach().abs()) * m);
                expect_near(bias.grad(), seed.sum(0), seed.abs().sum(0));
                expect_near(sparse_linear(weight, x, kept, {}), at::linear(x, dense), sizes);
            }
        }
    }
}

class SparseTraining : public ::testing::Test {
  protected:
    SparseTraining() {
        recipe_.train.batch_size = 50;
        recipe_.experiment.evaluate_every = {0, 10};
        for (const std::string& name : prunable_weights(graph_))
            masks_.insert(name, random_mask(graph_.initializers.at(name).shape(), 0.1, name));
    }

    Outcome train(double sparse_below, std::int64_t steps) {
        recipe_.train.sparse_below = sparse_below;
        return run({.graph = graph_,
                    .dataset = dataset_,
                    .recipe = recipe_,
                    .weights = {},
                    .masks = &masks_,
                    .last_step = steps,
                    .snapshots = {0, steps}});
    }

    data::Dataset dataset_ = espalier::testing::blob_dataset();
    Graph graph_ = models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 5});
    Recipe recipe_;
    prune::MaskSet masks_;
};

TEST_F(SparseTraining, HasTheLossesOfTheMaskedDensePath) {
    for (const std::string optimizer : {"sgd", "adam", "adamw"}) {
        recipe_.train.optimizer = {
            .name = optimizer, .learning_rate = 0.003, .momentum = 0.9, .weight_decay = 1e-3};
        recipe_.regularize = {.l1 = 1e-4, .l2 = 1e-3};
        recipe_.train.clip_gradient = 0.5;
        const Outcome sparse = train(0.5, 40);
        const Outcome dense = train(0, 40);
        ASSERT_EQ(sparse.curve.size(), dense.curve.size());
        for (std::size_t i = 0; i < dense.curve.size(); ++i) {
            EXPECT_NEAR(sparse.curve[i].train_loss, dense.curve[i].train_loss,
                        1e-4 * dense.curve[i].train_loss)
                << optimizer;
            EXPECT_NEAR(sparse.curve[i].validation_loss, dense.curve[i].validation_loss,
                        1e-4 * dense.curve[i].validation_loss)
                << optimizer;
        }
        EXPECT_EQ(sparse.snapshots.at(0), dense.snapshots.at(0));
        for (const auto& [name, weights] : dense.weights) {
            const auto got = sparse.weights.at(name).f32();
            ASSERT_EQ(sparse.weights.at(name).shape(), weights.shape());
            for (std::size_t i = 0; i < got.size(); ++i) {
                ASSERT_NEAR(got[i], weights.f32()[i], 2e-3) << optimizer << " " << name << " " << i;
                const bool pruned = masks_.contains(name) && !masks_.at(name)[static_cast<std::int64_t>(i)];
                ASSERT_TRUE(!pruned || got[i] == 0) << name << " " << i;
            }
        }
    }
}

TEST_F(SparseTraining, RepeatsToTheBit) { EXPECT_EQ(train(0.5, 30).weights, train(0.5, 30).weights); }

TEST_F(SparseTraining, OnlyBelowTheDensityAsked) {
    // The masks keep a tenth: at 0.05 nothing is sparse, so the bytes are those of the dense path.
    EXPECT_EQ(train(0.05, 20).weights, train(0, 20).weights);
    EXPECT_NE(train(0.5, 20).weights, train(0, 20).weights);
}

}  // namespace
}  // namespace espalier::train
