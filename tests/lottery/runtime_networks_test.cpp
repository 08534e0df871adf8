// Built-in networks give the same logits on the runtime as in the trainer. Here, because only the lottery may
// know both.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "espalier/models.h"
#include "espalier/runtime.h"
#include "graph/op.h"
#include "runtime/lowering.h"
#include "train/blobs.h"
#include "train/executor/op.h"
#include "train/loop/trainer.h"

namespace espalier {
namespace {

const data::Normalization kNormalization{{0.36F}, {0.22F}};

/// Normalisations as they are after training: at first they would do nothing.
void disturb_normalizations(Graph& graph) {
    for (const Node& node : graph.nodes) {
        if (node.op != "BatchNormalization") continue;
        for (std::size_t i = 1; i < 5; ++i) {
            const bool about_one = i == 1 || i == 4;  // scale and variance
            Random random(5, node.inputs[i]);
            for (float& value : graph.initializers.at(node.inputs[i]).f32())
                value = about_one ? 0.5F + random.uniform() : random.uniform() - 0.5F;
        }
    }
}

/// Zeros in every weight, as a pruned network has them.
void prune(Graph& graph, float left) {
    for (const std::string& name : prunable_weights(graph)) {
        Random random(6, name);
        for (float& value : graph.initializers.at(name).f32()) {
            if (random.uniform() >= left) value = 0;
        }
    }
}

Tensor as_input(const data::Examples& examples) {
    Tensor input(DType::f32, examples.images().shape());
    const auto pixels = examples.images().as<std::uint8_t>();
    std::transform(pixels.begin(), pixels.end(), input.f32().begin(), [](std::uint8_t pixel) {
        return (static_cast<float>(pixel) / 255.0F - kNormalization.mean[0]) / kNormalization.deviation[0];
    });
    return input;
}

double largest_difference(const Tensor& got, const Tensor& expected) {
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < expected.f32().size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(expected.f32()[i])));
        difference = std::max(
            difference, std::abs(static_cast<double>(got.f32()[i]) - static_cast<double>(expected.f32()[i])));
    }
    return difference / largest;
}

Tensor in_training(const Graph& graph, const data::Examples& examples) {
    Weights weights;
    for (const auto& names : {parameters(graph), buffers(graph)}) {
        for (const std::string& name : names) weights[name] = graph.initializers.at(name);
    }
    return train::predict(graph, weights, examples, kNormalization, 1);
}

using Parameters = std::tuple<std::string, std::int64_t>;

class RuntimeNetworks : public ::testing::TestWithParam<Parameters> {};

TEST_P(RuntimeNetworks, GiveTheLogitsOfTheTrainer) {
    const auto& [name, side] = GetParam();
    Graph graph = models::build(name, {.example_shape = {1, side, side}, .classes = 10, .seed = 3});
    disturb_normalizations(graph);
    prune(graph, 0.5F);
    using runtime::Options;
    for (const Options& options :
         {Options{2, Options::Choice::dense}, Options{2, Options::Choice::measured}}) {
        runtime::Session session = runtime::compile(graph, options);
        for (const std::int64_t batch : {1, 5}) {
            const data::Examples examples = testing::blob_examples(batch, 10, side, "runtime");
            const Tensor expected = in_training(graph, examples);
            const auto outputs = session.run({{"input", as_input(examples)}});
            ASSERT_EQ(outputs.size(), 1U);
            ASSERT_EQ(outputs[0].shape(), expected.shape());
            EXPECT_LT(largest_difference(outputs[0], expected), 1e-4) << "batch " << batch;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, RuntimeNetworks,
                         ::testing::Combine(::testing::Values("conv-2", "lenet-5", "resnet-20", "vgg-16",
                                                              "mobilenet-v1", "mobilenet-v2", "vit-64-2",
                                                              "mlp-64-32"),
                                            ::testing::Values(28, 32)),
                         [](const auto& info) {
                             std::string name =
                                 std::get<0>(info.param) + "_" + std::to_string(std::get<1>(info.param));
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

// Whatever can be trained can be run: an experiment measures all of its tickets.
TEST(Operators, OfTheTrainerAreAllInTheRuntime) {
    for (const train::TrainOp* op : train::ops()) {
        const Operator* known = espalier::ops().find(op->name);
        ASSERT_NE(known, nullptr) << op->name;
        EXPECT_TRUE(runtime::lowerings().find(op->name) != nullptr || known->evaluate != nullptr) << op->name;
    }
}

}  // namespace
}  // namespace espalier
