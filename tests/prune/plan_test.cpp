// plan() with single weights: the papers' figures, exact counts, ties, masks, floors, and bad input.
#include "support.h"

namespace espalier::prune {
namespace {

/// Weights left after each round, in percent with one decimal as the papers print them.
std::map<int, double> percent_left(const std::vector<Layer>& layers, int rounds,
                                   const std::map<std::string, double>& own) {
    MaskSet masks;
    std::map<int, double> left;
    for (int round = 1; round <= rounds; ++round) {
        Request request = request_for(layers);
        request.current = round > 1 ? &masks : nullptr;
        request.scope = "layer-wise";
        request.target.rate = 0.2;
        request.layer_targets = own;
        MaskSet next = plan(request).masks;
        masks = std::move(next);
        left[round] = std::round(1000 * masks.density()) / 10;
    }
    return left;
}

TEST(PaperRounds, LeNet300100) {
    auto left = percent_left(lenet(), 16, {{"fc3.weight", 0.1}});
    EXPECT_DOUBLE_EQ(left[3], 51.3);
    EXPECT_DOUBLE_EQ(left[7], 21.1);
    EXPECT_DOUBLE_EQ(left[9], 13.5);
    EXPECT_DOUBLE_EQ(left[15], 3.6);
    EXPECT_DOUBLE_EQ(left[16], 2.9);
}

// Frankle & Carbin 2019 on 32x32 images: 3x3 convolutions at 10 %, fully connected layers at 20 %, the output
// at 10 %.
TEST(PaperRounds, Conv2) {
    auto left = percent_left(network({{"conv1", {64, 3, 3, 3}},
                                      {"conv2", {64, 64, 3, 3}},
                                      {"fc1", {256, 16384}},
                                      {"fc2", {256, 256}},
                                      {"fc3", {10, 256}}}),
                             14, {{"conv1", 0.1}, {"conv2", 0.1}, {"fc3", 0.1}});
    EXPECT_DOUBLE_EQ(left[11], 8.8);
    EXPECT_DOUBLE_EQ(left[14], 4.6);
}

TEST(PaperRounds, Conv4) {
    auto left =
        percent_left(network({{"conv1", {64, 3, 3, 3}},
                              {"conv2", {64, 64, 3, 3}},
                              {"conv3", {128, 64, 3, 3}},
                              {"conv4", {128, 128, 3, 3}},
                              {"fc1", {256, 8192}},
                              {"fc2", {256, 256}},
                              {"fc3", {10, 256}}}),
                     12, {{"conv1", 0.1}, {"conv2", 0.1}, {"conv3", 0.1}, {"conv4", 0.1}, {"fc3", 0.1}});
    EXPECT_DOUBLE_EQ(left[11], 11.1);
    EXPECT_DOUBLE_EQ(left[12], 9.2);
}

TEST(Global, CutsTheSmallestExactly) {
    const auto layers = lenet();
    Request request = request_for(layers);
    request.target.sparsity = 0.9;
    const MaskSet masks = plan(request).masks;
    EXPECT_EQ(masks.count(), 266200);
    EXPECT_EQ(masks.kept(), 26620);
    float smallest_kept = std::numeric_limits<float>::max();
    float largest_cut = 0;
    for (const Layer& layer : layers) {
        for (std::size_t i = 0; i < layer.weight.size(); ++i) {
            const float size = std::abs(layer.weight[i]);
            if (masks.at(layer.name)[static_cast<std::int64_t>(i)]) {
                smallest_kept = std::min(smallest_kept, size);
            } else {
                largest_cut = std::max(largest_cut, size);
            }
        }
    }
    EXPECT_GE(smallest_kept, largest_cut);
}

TEST(Global, ExactWhereTheDoubleOfAShareIsBelowIt) {
    const auto layers = network({{"a", {100}}});
    Request request = request_for(layers);
    request.target.sparsity = 0.29;  // 0.29 * 100 is 28.999999999999996
    EXPECT_EQ(plan(request).masks.kept(), 71);
}

TEST(Global, NumberOfWeights) {
    const auto layers = lenet();
    Request request = request_for(layers);
    request.target.weights = 1234;
    EXPECT_EQ(plan(request).masks.kept(), 1234);
}

TEST(Ties, TheEarlierPositionIsKept) {
    std::vector<Layer> layers = {{"a", {4}, {1, -1, 1, 2}}, {"b", {4}, {1, 1, 3, -1}}};
    Request request = request_for(layers);
    request.target.weights = 5;
    const MaskSet masks = plan(request).masks;
    EXPECT_EQ(masks.at("a").to_floats(), (std::vector<float>{1, 1, 1, 1}));
    EXPECT_EQ(masks.at("b").to_floats(), (std::vector<float>{0, 0, 1, 0}));
}

TEST(Ties, MinusZeroIsZero) {
    std::vector<Layer> layers = {{"a", {4}, {0.0F, -0.0F, 0.0F, -0.0F}}};
    Request request = request_for(layers);
    request.target.weights = 2;
    EXPECT_EQ(plan(request).masks.at("a").to_floats(), (std::vector<float>{1, 1, 0, 0}));
}

TEST(Current, WhatIsPrunedStaysPruned) {
    std::vector<Layer> layers = {{"a", {6}, {9, 8, 1, 2, 3, 4}}};
    MaskSet current;
    Mask mask({6});
    mask.set(0, false);
    current.insert("a", mask);
    current.insert("elsewhere", Mask({5}, false));
    Request request = request_for(layers);
    request.current = &current;
    request.target.rate = 0.4;  // of the 5 left
    const MaskSet masks = plan(request).masks;
    EXPECT_EQ(masks.at("a").to_floats(), (std::vector<float>{0, 1, 0, 0, 1, 1}));
    EXPECT_EQ(masks.at("elsewhere").kept(), 0);
}

TEST(Current, ATargetAlreadyMetCutsNothing) {
    std::vector<Layer> layers = {{"a", {4}, {1, 2, 3, 4}}};
    MaskSet current;
    Mask mask({4}, false);
    mask.set(1, true);
    current.insert("a", mask);
    Request request = request_for(layers);
    request.current = &current;
    request.target.sparsity = 0.5;
    EXPECT_EQ(plan(request).masks.at("a"), mask);
}

TEST(Random, DependsOnTheSeedOnly) {
    const auto layers = lenet();
    Request request = request_for(layers);
    request.criterion = "random";
    request.target.sparsity = 0.5;
    const MaskSet once = plan(request).masks;
    EXPECT_EQ(once.kept(), 133100);
    EXPECT_EQ(plan(request).masks, once);
    request.seed = 1;
    EXPECT_NE(plan(request).masks, once);
}

TEST(Floor, KeepsOneWeightOfEachLayerAndSaysSo) {
    std::vector<Layer> layers = {{"small", {4}, {1, 2, 3, 4}}, {"large", {4}, {10, 20, 30, 40}}};
    Request request = request_for(layers);
    request.target.weights = 3;
    const Plan result = plan(request);
    EXPECT_EQ(result.masks.at("small").to_floats(), (std::vector<float>{0, 0, 0, 1}));
    EXPECT_EQ(result.masks.at("large").to_floats(), (std::vector<float>{0, 0, 1, 1}));
    ASSERT_EQ(result.notes.size(), 1U);
    EXPECT_NE(result.notes[0].find("\"small\""), std::string::npos) << result.notes[0];

    request.floor = 0;
    const Plan emptied = plan(request);
    EXPECT_EQ(emptied.masks.at("small").kept(), 0);
    EXPECT_TRUE(emptied.notes.empty());
}

TEST(BadInput, OneClearLineEach) {
    const auto layers = network({{"fc1.weight", {4, 4}}, {"fc2.weight", {2, 4}}});
    Request good = request_for(layers);
    good.target.sparsity = 0.5;
    Request request = good;
    request.target.sparsity = 1.0;
    expect_plan_refused(request, "sparsity = 1 is out of range, expected 0 <= sparsity < 1");
    request.target.sparsity = -0.1;
    expect_plan_refused(request, "sparsity = -0.1 is out of range");
    request.target.sparsity = std::nan("");
    expect_plan_refused(request, "sparsity = nan is out of range");
    request.target.rate = 0.5;
    expect_plan_refused(request, "2 targets are given");
    request.target = {};
    expect_plan_refused(request, "no target is given");
    request.target.weights = 25;
    expect_plan_refused(request, "weights = 25 is out of range, expected 1 to 24");

    request = good;
    request.criterion = "magnitud";
    expect_plan_refused(request, "did you mean \"magnitude\"?");
    request = good;
    request.scope = "layer-wise";
    request.layer_targets["fc2.wight"] = 0.1;
    expect_plan_refused(request, "did you mean \"fc2.weight\"?");
    request = good;
    request.layer_targets["fc2.weight"] = 0.1;
    expect_plan_refused(request, "scope \"global\" divides the whole");
    request = good;
    request.weights.clear();
    expect_plan_refused(request, "nothing to prune");
    request = good;
    request.weights.push_back(request.weights[0]);
    expect_plan_refused(request, "\"fc1.weight\" is given twice");
    request = good;
    request.weights[0].shape = {4, 5};
    expect_plan_refused(request, "shape 4x5 is given 16 values");
    request.weights[0] = {.name = "none", .shape = {0, 5}};
    expect_plan_refused(request, "weight \"none\" of shape 0x5 is empty");
}

TEST(BadInput, SignalsThatAreMissingOrDoNotFit) {
    const auto layers = network({{"fc1.weight", {4, 6}}, {"fc2.weight", {2, 4}}});
    Request request = request_for(layers);
    request.target.sparsity = 0.5;
    request.criterion = "wanda";
    expect_plan_refused(request,
                        "criterion \"wanda\" needs the input norm of \"fc1.weight\", and none is given");
    const std::vector<float> six(6, 1.0F);
    request.weights[0].signals["input-norm"] = six;
    expect_plan_refused(request, "needs the input norm of \"fc2.weight\", and none is given");
    request.weights[1].signals["input-norm"] = six;
    expect_plan_refused(request,
                        "the input norm of \"fc2.weight\" has 6 values, which does not fit shape 2x4");
    request.criterion = "snip";
    expect_plan_refused(request, "criterion \"snip\" needs the gradient of \"fc1.weight\"");
    request.weights[0].signals["gradient"] = six;
    expect_plan_refused(request, "the gradient of \"fc1.weight\" has 6 values, which does not fit shape 4x6");
    request.criterion = "batch-norm-scale";
    request.weights[0].signals["batch-norm-scale"] = six;
    expect_plan_refused(request, "the batch normalisation scale of \"fc1.weight\" has 6 values");
    expect_refused([] { signals_needed("wandb"); }, "did you mean \"wanda\"?");
}

TEST(BadInput, LayerNamesAndPatterns) {
    const auto layers = network({{"conv1", {4, 4}}, {"conv2", {4, 4}}, {"fc", {4, 4}}});
    Request request = request_for(layers);
    request.scope = "layer-wise";
    request.target.sparsity = 0.5;
    request.layer_targets = {{"cnv*", 0.1}};
    expect_plan_refused(request, "layer target: weight \"cnv*\" is not known");
    request.layer_targets = {{"conv*", 0.1}, {"*2", 0.2}};
    expect_plan_refused(request, "layer targets \"*2\" and \"conv*\" both match weight \"conv2\"");
    request.layer_targets = {{"fc", 1.0}};
    expect_plan_refused(request, "target of \"fc\" = 1 is out of range");
    request.layer_targets = {{"fc", 0.1}};
    request.granularity = "2:4";
    expect_plan_refused(request,
                        "\"fc\" cannot have a target of its own: granularity \"2:4\" fixes how much goes");
    request.layer_targets.clear();
    request.floor = -1;
    expect_plan_refused(request, "floor = -1 is negative");
}

TEST(BadInput, MasksOfAnotherShape) {
    const auto layers = network({{"fc", {4, 4}}});
    MaskSet current;
    current.insert("fc", Mask({16}));
    Request request = request_for(layers);
    request.target.sparsity = 0.5;
    request.current = &current;
    expect_plan_refused(request, "weight \"fc\" has shape 4x4, its current mask 16");
}

TEST(Candidates, LeaveBiasesAndNormalisationOutUnlessNamed) {
    Weights weights;
    weights["conv.weight"] = Tensor(DType::f32, {4, 3, 3, 3});
    weights["conv.bias"] = Tensor(DType::f32, {4});
    weights["bn.weight"] = Tensor(DType::f32, {4});
    weights["steps"] = Tensor(DType::i64, {2, 2});
    const auto by_default = candidates(weights);
    ASSERT_EQ(by_default.size(), 1U);
    EXPECT_EQ(by_default[0].name, "conv.weight");
    EXPECT_EQ(by_default[0].weight.data(), weights["conv.weight"].f32().data());
    const std::vector<std::string> named = {"conv.bias"};
    EXPECT_EQ(candidates(weights, named).size(), 2U);
    const std::vector<std::string> unknown = {"conv.bais"};
    expect_refused([&] { candidates(weights, unknown); }, "did you mean \"conv.bias\"?");
    const std::vector<std::string> whole_numbers = {"steps"};
    expect_refused([&] { candidates(weights, whole_numbers); }, "weight \"steps\" holds i64, expected f32");
}

TEST(Plan, CountsLayersInTheOrderOfTheRequest) {
    const auto layers = network({{"z", {4, 5}}, {"a", {10, 10}}});
    Request request = request_for(layers);
    request.target.sparsity = 0.5;
    const Plan result = plan(request);
    ASSERT_EQ(result.layers.size(), 2U);
    EXPECT_EQ(result.layers[0].name, "z");
    EXPECT_EQ(result.layers[0].count, 20);
    EXPECT_EQ(result.layers[0].kept, result.masks.at("z").kept());
    EXPECT_EQ(result.layers[0].units_kept, result.layers[0].kept);
    EXPECT_EQ(result.layers[1].units, 100);
    EXPECT_EQ(result.layers[0].kept + result.layers[1].kept, 60);
}

TEST(BadInput, NaNIsRefusedByTheNameOfItsTensor) {
    auto layers = network({{"fc1.weight", {4, 4}}, {"fc2.weight", {2, 4}}});
    layers[1].weight[5] = std::nanf("");
    Request request = request_for(layers);
    request.target.sparsity = 0.5;
    expect_plan_refused(request, "\"fc2.weight\" is NaN at position 5");
}

}  // namespace
}  // namespace espalier::prune
