// Every built-in network: its size against what its paper or the common implementations say, and its way
// through an ONNX file.
#include <gtest/gtest.h>

#include <cmath>

#include "base/expect_error.h"
#include "espalier/onnx.h"
#include "models/model.h"

namespace espalier::models {
namespace {

const Options kFashion = {.example_shape = {1, 28, 28}};
const Options kCifar = {.example_shape = {3, 32, 32}};
const Options kImageNet = {.example_shape = {3, 224, 224}, .classes = 1000};

/// A name that each table entry answers to.
std::string example_name(const Model& model) {
    if (model.name == "mlp-<widths>") return "mlp-512-512";
    if (model.name == "vit-<width>-<depth>") return "vit-64-2";
    return std::string(model.name);
}

std::int64_t count_parameters(const Graph& graph) {
    std::int64_t count = 0;
    for (const std::string& name : parameters(graph)) count += graph.initializers.at(name).count();
    return count;
}

std::int64_t count_weights(const Graph& graph) {
    std::int64_t count = 0;
    for (const std::string& name : prunable_weights(graph)) count += graph.initializers.at(name).count();
    return count;
}

std::int64_t count_buffers(const Graph& graph) {
    std::int64_t count = 0;
    for (const std::string& name : buffers(graph)) count += graph.initializers.at(name).count();
    return count;
}

TEST(Networks, WeightsAsPublished) {
    EXPECT_EQ(count_weights(build("lenet-300-100", kFashion)), 266'200);
    EXPECT_EQ(count_weights(build("lenet-5", kFashion)), 430'500);
    EXPECT_EQ(count_weights(build("conv-2", kCifar)), 4'300'992);
    EXPECT_EQ(count_weights(build("conv-4", kCifar)), 2'425'024);
    EXPECT_EQ(count_weights(build("conv-6", kCifar)), 2'261'184);
    EXPECT_EQ(count_weights(build("vgg-16", kCifar)), 14'715'584);
    EXPECT_EQ(count_weights(build("vgg-19", kCifar)), 20'024'000);
    EXPECT_EQ(count_weights(build("mlp-512-512-512", kFashion)), 784 * 512 + 2 * 512 * 512 + 5120);
}

TEST(Networks, ParametersAsPublished) {
    EXPECT_EQ(count_parameters(build("lenet-5", kFashion)), 431'080);
    EXPECT_EQ(count_parameters(build("resnet-20", kCifar)), 272'474);
    EXPECT_EQ(count_parameters(build("resnet-32", kCifar)), 466'906);
    EXPECT_EQ(count_parameters(build("resnet-56", kCifar)), 855'770);
    EXPECT_EQ(count_parameters(build("resnet-110", kCifar)), 1'730'714);
    EXPECT_EQ(count_parameters(build("vgg-19", kCifar)), 20'035'018);
    EXPECT_EQ(count_parameters(build("resnet-18", kCifar)), 11'173'962);
    EXPECT_EQ(count_parameters(build("resnet-50", kCifar)), 23'520'842);
    EXPECT_EQ(count_parameters(build("mobilenet-v1", kCifar)), 3'217'226);
    EXPECT_EQ(count_parameters(build("mobilenet-v2", kCifar)), 2'236'682);
}

TEST(Networks, ParametersOnImageNetAsPublished) {
    EXPECT_EQ(count_parameters(build("resnet-18", kImageNet)), 11'689'512);
    EXPECT_EQ(count_parameters(build("resnet-50", kImageNet)), 25'557'032);
    EXPECT_EQ(count_parameters(build("mobilenet-v1", kImageNet)), 4'231'976);
    EXPECT_EQ(count_parameters(build("mobilenet-v2", kImageNet)), 3'504'872);
    // DeiT-Ti has 5,717,416: a class token and its position more.
    EXPECT_EQ(count_parameters(build("vit-192-12", kImageNet)), 5'717'416 - 2 * 192);
}

/// Frankle & Carbin 2019 count 274K: with the running statistics.
TEST(Networks, ResNet20WithItsStatistics) {
    const Graph graph = build("resnet-20", kCifar);
    EXPECT_EQ(count_parameters(graph) + count_buffers(graph), 274'042);
}

/// 2 x 4.1 GFLOPs for ResNet-50, 300 M multiply-adds for MobileNetV2: the papers' own figures.
TEST(Networks, MultiplyAddsAsPublished) {
    const auto macs = [](const Graph& graph) {
        double sum = 0;
        for (const PrunableWeight& weight : prunable(graph))
            sum += weight.macs_per_weight * static_cast<double>(graph.initializers.at(weight.name).count());
        return sum;
    };
    EXPECT_NEAR(macs(build("resnet-50", kImageNet)), 4.09e9, 0.01e9);
    EXPECT_NEAR(macs(build("mobilenet-v1", kImageNet)), 569e6, 1e6);
    EXPECT_NEAR(macs(build("mobilenet-v2", kImageNet)), 300e6, 1e6);
}

TEST(Networks, EveryOneTakesFashionMnistAndCifar) {
    for (const Model* model : networks()) {
        for (const Options& options : {kFashion, kCifar}) {
            SCOPED_TRACE(model->name);
            const Graph graph = build(example_name(*model), options);
            EXPECT_EQ(graph.name, example_name(*model));
            EXPECT_EQ(to_string(graph.outputs.at(0).type.dims), "Nx10");
            EXPECT_NO_THROW(verify(graph));
        }
    }
}

void expect_same_nodes(const Graph& a, const Graph& b) {
    ASSERT_EQ(a.nodes.size(), b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        EXPECT_EQ(a.nodes[i].name, b.nodes[i].name);
        EXPECT_EQ(a.nodes[i].op, b.nodes[i].op);
        EXPECT_EQ(a.nodes[i].inputs, b.nodes[i].inputs);
        EXPECT_EQ(a.nodes[i].outputs, b.nodes[i].outputs);
        EXPECT_TRUE(a.nodes[i].attributes == b.nodes[i].attributes) << a.nodes[i].name;
    }
}

/// to_bytes() runs onnx's own checker.
TEST(Networks, EveryOneThroughOnnx) {
    for (const Model* model : networks()) {
        SCOPED_TRACE(model->name);
        const Graph graph = build(example_name(*model), kFashion);
        const std::string written = onnx::to_bytes(graph);
        const Graph back = onnx::from_bytes(std::as_bytes(std::span(written)));
        expect_same_nodes(graph, back);
        EXPECT_TRUE(graph.initializers == back.initializers);
        EXPECT_EQ(to_string(back.outputs.at(0).type.dims), "Nx10");
        EXPECT_EQ(onnx::to_bytes(back), written);
    }
}

TEST(Networks, NamesThatAreNone) {
    EXPECT_ERROR(InvalidArgument, "did you mean \"resnet-20\"", build("resnet-21"));
    for (const char* name : {"mlp-", "mlp-0", "mlp-12-x", "mlp--3", "mlp-12-", "vit-64", "vit-64-2-1", "mlp"})
        EXPECT_EQ(find(name), nullptr) << name;
    EXPECT_ERROR(InvalidArgument, "multiple of 32", build("vit-40-2"));
    EXPECT_ERROR(InvalidArgument, "images [c, h, w] of 16x16", build("vgg-16", {.example_shape = {1, 8, 8}}));
    EXPECT_ERROR(InvalidArgument, "initialization \"glorot\"",
                 build("lenet-5", {.initialization = "glorot"}));
}

/// Variance and largest value of a layer with 500 outputs and 800 inputs.
TEST(Initializations, HaveTheirVarianceAndBound) {
    for (const auto& [name, variance] : {std::pair("glorot-normal", 2.0 / 1300),
                                         {"glorot-uniform", 2.0 / 1300},
                                         {"kaiming-normal", 2.0 / 800},
                                         {"kaiming-uniform", 2.0 / 800},
                                         {"signed-constant", 2.0 / 800}}) {
        SCOPED_TRACE(name);
        const Graph graph = build("lenet-5", {.initialization = name});
        double squares = 0;
        double largest = 0;
        for (const double w : graph.initializers.at("fc1.weight").f32()) {
            squares += w * w;
            largest = std::max(largest, std::abs(w));
        }
        EXPECT_NEAR(squares / 400'000, variance, 0.02 * variance);
        const bool uniform = !std::string(name).ends_with("normal");  // or of one size
        EXPECT_EQ(largest <= std::sqrt(3 * variance) * 1.0001, uniform);
    }
    EXPECT_EQ(build("lenet-5").initializers,
              build("lenet-5", {.initialization = "glorot-normal"}).initializers);
}

}  // namespace
}  // namespace espalier::models
