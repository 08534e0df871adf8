// Cuts of networks by what their layers see.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "base/expect_error.h"
#include "base/random.h"
#include "calibrate/input_norms.h"
#include "calibrate/output_error.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "experiment/prune/measured_tables.h"
#include "experiment/prune/pruned.h"
#include "graph/builder.h"
#include "tensor/npy.h"
#include "tensor/npz.h"

namespace espalier {
namespace {

/// A convolution, one in groups, a product of rows and a head, behind inputs whose features depend on each
/// other.
Graph network() {
    GraphBuilder b("network", 3);
    std::string x = b.input("x", {Dim("N"), 4, 6, 6});
    x = b.relu("r1", b.conv("c1", x, 16, {.size = 3, .pad = 1}));
    x = b.relu("r2", b.conv("c2", x, 16, {.size = 3, .stride = 2}, true, 2));
    x = b.relu("r3", b.dense("rows", b.reshape("tokens", x, {0, 16, 4}), 12));
    b.output(b.linear("head", b.flatten("flat", x), 5));
    return std::move(b).finish();
}

Tensor images(std::int64_t count) {
    Tensor tensor(DType::f32, {count, 4, 6, 6});
    Random random(1, "images");
    for (std::int64_t i = 0; i < count; ++i) {
        float walk = random.normal();
        for (std::int64_t j = 0; j < 144; ++j) {
            walk = 0.9F * walk + 0.4F * random.normal();
            tensor.f32()[static_cast<std::size_t>(i * 144 + j)] = walk * static_cast<float>(1 + j / 36);
        }
    }
    return tensor;
}

class Calibrated : public testing::Test {
  protected:
    Calibrated()
        : folder_(std::filesystem::temp_directory_path() /
                  ("espalier-calibrated-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(folder_);
        write_npy(folder_ / "x.npy", images(64));
        data_ = experiment::read_calibration(network(), folder_);
    }
    ~Calibrated() override { std::filesystem::remove_all(folder_); }

    experiment::Cut how(const std::string& criterion, std::vector<std::string> methods = {}) const {
        return {.criterion = criterion,
                .scope = "layer-wise",
                .target = {.sparsity = 0.6},
                .calibration = &data_,
                .reconstruct = std::move(methods)};
    }
    experiment::CalibrationError error_of(const experiment::Cut& cut) const {
        Graph graph = network();
        experiment::CalibrationError error;
        const prune::Plan plan = experiment::cut(graph, cut, &error);
        verify(graph);
        EXPECT_EQ(plan.layers.size(), 4U);
        EXPECT_EQ(error.layers.size(), 4U);
        for (const prune::LayerPlan& layer : plan.layers) {
            const auto zeros = std::ranges::count(graph.initializers.at(layer.name).f32(), 0.0F);
            EXPECT_GE(zeros, layer.count - layer.kept) << layer.name;
            if (cut.granularity == "element") {
                EXPECT_EQ(layer.count - layer.kept, layer.count * 6 / 10) << layer.name;
            }
        }
        return error;
    }

    std::filesystem::path folder_;
    std::vector<NamedTensors> data_;
};

TEST_F(Calibrated, DataAreReadFromFilesAndFolders) {
    EXPECT_EQ(data_.size(), 4U);  // runs of 16
    EXPECT_EQ(experiment::read_calibration(network(), folder_ / "x.npy").size(), 4U);
    EXPECT_ERROR(BadData, "x.npy: got f32 64x4x6x6 for input \"x\", expected f32 Nx3", [&] {
        GraphBuilder b("other", 1);
        b.output(b.linear("fc", b.input("x", {Dim("N"), 3}), 2));
        experiment::read_calibration(std::move(b).finish(), folder_ / "x.npy");
    }());
    std::filesystem::create_directories(folder_ / "empty");
    EXPECT_ERROR(BadData, "no .npz and no .npy file in this folder",
                 experiment::read_calibration(network(), folder_ / "empty"));
}

TEST_F(Calibrated, SizesToCountAtDoNotBindTheData) {
    GraphBuilder b("open", 1);
    const std::string x = b.input("x", {Dim("N"), 4, Dim("H"), Dim("W")});
    const std::string y =
        b.global_average_pool("pool", b.relu("r", b.conv("c", x, 8, {.size = 3, .pad = 1})));
    b.output(b.linear("head", b.flatten("flat", y), 5));
    onnx::write(folder_ / "open.onnx", std::move(b).finish());
    const auto pruned =
        experiment::prune_file(folder_ / "open.onnx", {.criterion = "wanda", .target = {.sparsity = 0.5}},
                               {.output = folder_ / "pruned.onnx",
                                .shapes = {{"x", {1, 4, 12, 12}}},
                                .calibrate = folder_ / "x.npy"});  // of 6 x 6
    EXPECT_EQ(pruned.work.macs, 12 * 12 * 8 * 4 * 9 + 8 * 5);
    EXPECT_EQ(onnx::read(folder_ / "pruned.onnx").inputs[0].type.dims[2], Dim("H"));
}

TEST_F(Calibrated, MethodsLoseLessThanZerosAlone) {
    const auto magnitude = error_of(how("magnitude"));
    const auto wanda = error_of(how("wanda"));
    const auto ria = error_of(how("ria"));
    const auto refit = error_of(how("wanda", {"refit"}));
    const auto swaps = error_of(how("wanda", {"dsnot"}));
    const auto shifted = error_of(how("wanda", {"flap"}));
    const auto sparsegpt = error_of(how("sparsegpt"));
    const auto alps = error_of(how("alps"));
    EXPECT_TRUE(std::isfinite(ria.outputs) && ria.outputs > 0);
    // The first layer sees the same inputs in all of them.
    EXPECT_LT(wanda.layers[0].error, magnitude.layers[0].error);
    EXPECT_LT(refit.layers[0].error, wanda.layers[0].error);
    EXPECT_LE(swaps.layers[0].error, wanda.layers[0].error);
    EXPECT_LT(shifted.layers[0].error, wanda.layers[0].error);
    EXPECT_LT(sparsegpt.layers[0].error, wanda.layers[0].error);
    EXPECT_LT(alps.layers[0].error, sparsegpt.layers[0].error);
    EXPECT_LT(refit.outputs, wanda.outputs);
    EXPECT_LT(sparsegpt.outputs, wanda.outputs);
    EXPECT_LT(alps.outputs, refit.outputs);
}

TEST_F(Calibrated, SquaredGradientsOfTheOutputsTellWhatCounts) {
    EXPECT_LT(error_of(how("fisher")).outputs, error_of(how("magnitude")).outputs);
    experiment::Cut without = how("fisher");
    without.calibration = nullptr;
    Graph graph = network();
    EXPECT_ERROR(InvalidArgument,
                 "criterion \"fisher\" needs the squared gradient, and an ONNX file has no data",
                 experiment::cut(graph, without));
}

TEST_F(Calibrated, RemovalsGoByWhatTheOutputsLose) {
    experiment::Cut cut{.scope = "layer-wise", .target = {.sparsity = 0.5}, .calibration = &data_};
    const auto left_by = [&](const std::string& criterion) {
        Graph graph = network();
        // Half of the channels are large, and what reads them takes a twentieth of what the others give.
        // Channels that stand at one place in both groups of c2 are a unit.
        auto larger = graph.initializers.at("c1.weight").f32();
        for (std::size_t i = 0; i < larger.size(); ++i) larger[i] *= i / 36 % 8 < 4 ? 20 : 1;
        auto smaller = graph.initializers.at("c2.weight").f32();
        for (std::size_t i = 0; i < smaller.size(); ++i) smaller[i] /= i / 9 % 8 < 4 ? 400 : 1;
        cut.criterion = criterion;
        const Graph before = graph;
        const experiment::Removal removal = experiment::remove(graph, cut);
        EXPECT_LT(removal.difference, 1e-5);
        return calibrate::relative_error(calibrate::outputs_of(before, data_, 1),
                                         calibrate::outputs_of(graph, data_, 1));
    };
    const double fisher = left_by("fisher");
    EXPECT_LT(fisher, left_by("random"));
    EXPECT_LT(fisher, left_by("magnitude"));
    EXPECT_TRUE(std::isfinite(left_by("wanda")));
    cut.calibration = nullptr;
    EXPECT_ERROR(InvalidArgument, "needs the squared gradient", left_by("fisher"));
}

TEST_F(Calibrated, ShiftedBiasesAreOfTheirOwnChannelsBehindOneThatIsAlwaysZero) {
    GraphBuilder b("network", 3);
    const std::string x = b.input("x", {Dim("N"), 4, 6, 6});
    b.initializer("gate", Tensor::of<float>({1, 4, 1, 1}, std::vector<float>{0, 1, 1, 1}));
    const std::string gated =
        b.node({.name = "mul", .op = "Mul", .inputs = {x, "gate"}, .outputs = {"gated"}, .attributes = {}});
    b.output(b.conv("depthwise", gated, 4, {.size = 1}, true, 4));
    Graph graph = std::move(b).finish();
    const Graph before = graph;
    experiment::Cut cut = how("random", {"flap"});
    cut.target = {.sparsity = 0.99};
    experiment::cut(graph, cut);
    std::vector<double> means(4);
    double rows = 0;
    for (const NamedTensors& run : data_) {
        const Tensor& images = run.at("x");
        rows += static_cast<double>(images.count()) / 4;
        for (std::int64_t i = 0; i < images.count(); ++i)
            means[static_cast<std::size_t>(i / 36 % 4)] +=
                static_cast<double>(images.f32()[static_cast<std::size_t>(i)]);
    }
    const auto number = [](const Graph& of, const std::string& name, std::size_t index) {
        return static_cast<double>(of.initializers.at(name).f32()[index]);
    };
    const std::string bias =
        std::ranges::find(graph.nodes, "depthwise", &Node::name)->inputs[2];  // of its own since then
    for (std::size_t channel = 0; channel < 4; ++channel) {
        const double lost =
            number(before, "depthwise.weight", channel) - number(graph, "depthwise.weight", channel);
        const double expected = channel == 0 ? 0 : lost * means[channel] / rows;
        const double shift = number(graph, bias, channel) - number(before, "depthwise.bias", channel);
        EXPECT_NEAR(shift, expected, 1e-4) << channel;
    }
}

TEST_F(Calibrated, PatternsVectorsAndBlocksHoldInEveryLayer) {
    for (const char* granularity : {"2:4", "vector 1x4", "vector 4x1", "block 2x2"}) {
        for (const char* criterion : {"sparsegpt", "alps"}) {
            experiment::Cut cut = how(criterion);
            cut.granularity = granularity;
            cut.target = {.sparsity = 0.5};
            Graph graph = network();
            const prune::Plan plan = experiment::cut(graph, cut);
            // What is there fits units that the plain cut by magnitude would find: no more of it goes.
            const prune::MaskSet zeros = surgery::zeros_of(graph);
            for (const prune::LayerPlan& layer : plan.layers) {
                EXPECT_EQ(zeros.at(layer.name).kept(), layer.kept) << granularity << ' ' << criterion;
                EXPECT_NEAR(static_cast<double>(layer.kept) / static_cast<double>(layer.count), 0.5, 0.02);
            }
            experiment::Cut again{
                .granularity = granularity, .scope = "layer-wise", .target = {.sparsity = 0.5}};
            const prune::Plan second = experiment::cut(graph, again);
            // But for what is less than a unit of 4, in three layers and in two groups of a fourth.
            EXPECT_NEAR(second.masks.kept(), plan.masks.kept(), 15) << granularity << ' ' << criterion;
        }
    }
}

TEST_F(Calibrated, ReportedErrorsAreThoseOfTheOutputs) {
    Graph graph = network();
    const Graph dense = graph;
    experiment::CalibrationError error;
    experiment::cut(graph, how("wanda"), &error);
    double change = 0;
    double size = 0;
    runtime::Session before = runtime::compile(dense, {.threads = 1});
    runtime::Session after = runtime::compile(graph, {.threads = 1});
    for (const NamedTensors& batch : data_) {
        const Tensor was = before.run(batch)[0];
        const Tensor is = after.run(batch)[0];
        for (std::size_t i = 0; i < was.f32().size(); ++i) {
            const double difference = static_cast<double>(is.f32()[i]) - was.f32()[i];
            change += difference * difference;
            size += static_cast<double>(was.f32()[i]) * was.f32()[i];
        }
    }
    EXPECT_NEAR(error.outputs, std::sqrt(change / size), 1e-4);
    // Alone, the first layer's error is that of its outputs.
    EXPECT_EQ(error.layers[0].rows, 64 * 36);
    EXPECT_EQ(error.layers[0].inputs, 36);
}

TEST_F(Calibrated, WhatIsMissingIsSaid) {
    Graph graph = network();
    experiment::Cut cut = how("sparsegpt");
    cut.calibration = nullptr;
    EXPECT_ERROR(InvalidArgument,
                 "\"sparsegpt\" needs inputs of the network: calibration data, --calibrate DATA.npz",
                 experiment::cut(graph, cut));
    cut.criterion = "wanda";
    EXPECT_ERROR(
        InvalidArgument,
        "criterion \"wanda\" needs the input norm, and an ONNX file has no data: give some, --calibrate",
        experiment::cut(graph, cut));
    cut = how("gradient");
    EXPECT_ERROR(
        InvalidArgument,
        "criterion \"gradient\" needs the gradient, and an ONNX file has no data: prune with a recipe",
        experiment::cut(graph, cut));
    EXPECT_ERROR(InvalidArgument, "\"alps\" chooses what stays: it is a criterion",
                 experiment::cut(graph, how("wanda", {"alps"})));
    EXPECT_ERROR(InvalidArgument, "reconstruction", experiment::cut(graph, how("wanda", {"refitt"})));
    std::vector<NamedTensors> few(1);
    few[0].emplace("x", images(1));
    cut = how("sparsegpt");
    cut.calibration = &few;
    const prune::Plan plan = experiment::cut(graph, cut);
    EXPECT_TRUE(std::ranges::any_of(plan.notes, [](const std::string& note) {
        return note.find("\"head.weight\": 1 rows of calibration for 192 inputs are too few") == 0;
    }));
}

TEST_F(Calibrated, MeasuresWhereTheBudgetGoes) {
    Graph graph = network();
    experiment::Cut cut = how("wanda");
    const double evenly = error_of(cut).outputs;
    for (const char* scope : {"sensitivity", "by-time"}) {
        SCOPED_TRACE(scope);
        cut.scope = scope;
        Graph pruned = graph;
        experiment::CalibrationError error;
        const prune::Plan plan = experiment::cut(pruned, cut, &error);
        std::int64_t count = 0;
        for (const prune::LayerPlan& layer : plan.layers) count += layer.count;
        EXPECT_EQ(count - plan.masks.kept(), count * 6 / 10);
        EXPECT_GT(error.outputs, 0);
        if (std::string(scope) == "sensitivity") {
            EXPECT_LT(error.outputs, evenly);
        }
        // What is left has its value: the weights that were changed to measure were given back.
        for (const auto& [name, tensor] : graph.initializers) {
            if (tensor.dtype() != DType::f32) continue;
            const auto now = pruned.initializers.at(name).f32();
            for (std::size_t i = 0; i < now.size(); ++i)
                EXPECT_TRUE(now[i] == 0 || now[i] == tensor.f32()[i]);
        }
    }
}

TEST_F(Calibrated, TellsMetricsAgainstTheNetworkBefore) {
    experiment::Cut cut = how("wanda");
    cut.metrics = {"distance", "cosine", "agreement"};
    const experiment::CalibrationError error = error_of(cut);
    ASSERT_EQ(error.metrics.size(), 3U);
    EXPECT_NEAR(error.metrics[0].second, error.outputs, 1e-9);
    EXPECT_GT(error.metrics[1].second, 0.5);
    EXPECT_LE(error.metrics[2].second, 1);
    cut.metrics = {"accuracy"};
    EXPECT_ERROR(InvalidArgument, "espalier run --metric takes it", error_of(cut));
}

TEST(CostsOfTime, AreSlopesOfALowerHull) {
    // 10 us dense: half of the weights gain nothing, 80 % gain 5 us, 90 % 6 us.
    const std::vector<prune::SensitivityPoint> points = {{0, 0}, {0.5, 0.1}, {0.8, 0.2}, {0.9, 0.4}};
    const auto costs = experiment::costs_of_time(points, {10, 11, 5, 4});
    ASSERT_EQ(costs.size(), 3U);  // without the point at half
    EXPECT_EQ(costs[0].sparsity, 0);
    EXPECT_EQ(costs[1].sparsity, 0.8);
    EXPECT_NEAR(costs[1].loss, 0.04 / 5, 1e-5);
    EXPECT_NEAR(costs[2].loss, 0.12 / 1, 1e-3);
    // A layer that gains nothing is cut last.
    EXPECT_GT(experiment::costs_of_time(points, {10, 10, 10, 10})[1].loss, 1);
}

}  // namespace
}  // namespace espalier
