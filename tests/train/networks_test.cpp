// Every built-in network learns: one step changes every parameter and every buffer, and a few steps on a
// handful of images lower the loss.
#include <gtest/gtest.h>

#include <cmath>

#include "models/model.h"
#include "train/blobs.h"
#include "train/loop/trainer.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kSide = 16;  // of the smallest image that all networks take
constexpr std::int64_t kClasses = 4;

std::string example_name(const models::Model& model) {
    if (model.name == "mlp-<widths>") return "mlp-32-16";
    if (model.name == "vit-<width>-<depth>") return "vit-32-2";
    return std::string(model.name);
}

Graph build(const std::string& name) {
    return models::build(name, {.example_shape = {1, kSide, kSide}, .classes = kClasses, .seed = 2});
}

data::Dataset few_images(std::int64_t train) {
    return {.name = "few",
            .train = testing::blob_examples(train, kClasses, kSide, "train"),
            .validation = testing::blob_examples(1, kClasses, kSide, "validation"),
            .test = testing::blob_examples(1, kClasses, kSide, "test"),
            .normalization = {{0.36F}, {0.22F}},
            .classes = kClasses};
}

/// Softmax does not see a shift of all its scores, so the bias of the keys has a gradient of rounding errors
/// only.
bool has_no_effect(const std::string& parameter) { return parameter.ends_with("key.bias"); }

Outcome train(const Graph& graph, std::int64_t steps, double learning_rate, std::int64_t images) {
    const data::Dataset dataset = few_images(images);
    Recipe recipe;
    recipe.train.batch_size = images;
    recipe.train.optimizer = {.name = "sgd", .learning_rate = learning_rate, .momentum = 0.9};
    recipe.experiment.evaluate_every = {0, steps};
    return run({.graph = graph,
                .dataset = dataset,
                .recipe = recipe,
                .weights = {},
                .last_step = steps,
                .threads = 1});
}

TEST(TrainNetworks, OneStepOnTwoImagesChangesEverything) {
    for (const models::Model* model : models::networks()) {
        SCOPED_TRACE(model->name);
        const Graph graph = build(example_name(*model));
        const Outcome outcome = train(graph, 1, 0.01, 2);
        EXPECT_EQ(outcome.weights.size(), parameters(graph).size() + buffers(graph).size());
        for (const auto& [name, value] : outcome.weights) {
            if (has_no_effect(name)) continue;
            EXPECT_NE(value, graph.initializers.at(name)) << name;
        }
    }
}

/// One network of each kind learns 16 images.
TEST(TrainNetworks, LossFalls) {
    for (const char* name : {"lenet-5", "conv-2", "resnet-20", "mlp-64-64", "vit-32-2"}) {
        const Outcome outcome = train(build(name), 10, 0.02, 16);
        EXPECT_LT(outcome.curve.back().train_loss, 0.9 * std::log(kClasses)) << name;
    }
}

}  // namespace
}  // namespace espalier::train
