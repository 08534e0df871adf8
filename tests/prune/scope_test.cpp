// How each scope divides the budget, by hand and against the definition.
#include <numeric>

#include "prune/scope.h"
#include "support.h"

namespace espalier::prune {
namespace {

std::map<std::string, std::int64_t> kept_by_layer(const Plan& plan) {
    std::map<std::string, std::int64_t> kept;
    for (const LayerPlan& layer : plan.layers) kept[layer.name] = layer.kept;
    return kept;
}

Request three_layers(std::vector<Layer>& layers) {
    layers = network({{"conv1", {8, 3, 3, 3}}, {"conv2", {16, 8, 3, 3}}, {"fc", {10, 256}}});
    return request_for(layers);
}

TEST(LayerWise, CutsTheSameShareOrTheOwnOne) {
    std::vector<Layer> layers;
    Request request = three_layers(layers);  // 216, 1152 and 2560 weights
    request.scope = "layer-wise";
    request.target.sparsity = 0.7;
    request.layer_targets = {{"fc", 0.25}};
    EXPECT_EQ(kept_by_layer(plan(request)),
              (std::map<std::string, std::int64_t>{
                  {"conv1", 216 - 151}, {"conv2", 1152 - 806}, {"fc", 2560 - 640}}));
    request.layer_targets = {{"conv*", 0.5}, {"conv1", 0}};
    EXPECT_EQ(kept_by_layer(plan(request)),
              (std::map<std::string, std::int64_t>{{"conv1", 216}, {"conv2", 576}, {"fc", 2560 - 1792}}));
}

TEST(LayerWise, MeetsANumberOfWeightsExactly) {
    std::vector<Layer> layers;
    Request request = three_layers(layers);
    request.scope = "layer-wise";
    for (const std::int64_t weights : {30, 100, 1001, 3000, 3928}) {
        request.target = {.weights = weights};
        request.layer_targets.clear();
        EXPECT_EQ(plan(request).masks.kept(), weights);
    }
    request.target = {.weights = 2000};
    request.layer_targets = {{"fc", 0.5}};
    const Plan own = plan(request);
    EXPECT_EQ(own.masks.kept(), 2000);
    EXPECT_EQ(own.masks.at("fc").kept(), 1280);
    request.layer_targets = {{"fc", 0.9}};
    expect_plan_refused(request,
                        "the layers' own targets cut 2304 weights, more than the 1928 of the whole target");
}

TEST(Macs, CountPositionsOfConvolutions) {
    std::vector<Layer> layers;
    Request request = three_layers(layers);
    request.weights[0].macs_per_element = 1024;
    request.weights[1].macs_per_element = 256;
    const double all = 216 * 1024 + 1152 * 256 + 2560;
    const auto macs_of = [](const Plan& plan) {
        return static_cast<double>(plan.masks.at("conv1").kept() * 1024 +
                                   plan.masks.at("conv2").kept() * 256 + plan.masks.at("fc").kept());
    };
    for (const std::string scope : {"global", "layer-wise", "erk", "lamp", "isomorphic"}) {
        request.scope = scope;
        request.target = {.macs = 0.4};
        const double kept = macs_of(plan(request));
        EXPECT_GE(kept, 0.4 * all) << scope << " never cuts more than was asked";
        EXPECT_LT(kept, 0.4 * all + (scope == "global" || scope == "lamp" ? 1024 : 1024 + 256 + 1)) << scope;
        request.target = {.macs = 1};
        EXPECT_EQ(macs_of(plan(request)), all) << scope;
    }
    request.target.macs = 0;
    expect_plan_refused(request, "macs = 0 is out of range, expected 0 < macs <= 1");
    request.target.macs = 0.5;
    request.weights[1].macs_per_element = 0;
    expect_plan_refused(request, "\"conv2\" has 0 multiply-adds an element");
}

TEST(Explicit, CutsOnlyWhatIsNamed) {
    std::vector<Layer> layers;
    Request request = three_layers(layers);
    request.scope = "explicit";
    request.layer_targets = {{"conv2", 0.5}};
    EXPECT_EQ(kept_by_layer(plan(request)),
              (std::map<std::string, std::int64_t>{{"conv1", 216}, {"conv2", 576}, {"fc", 2560}}));
    const MaskSet first = plan(request).masks;
    request.current = &first;
    request.target.rate = 0.1;  // says that shares are rates
    EXPECT_EQ(plan(request).masks.at("conv2").kept(), 576 - 288);
    request.target = {.weights = 100};
    expect_plan_refused(request, "\"explicit\" has no target for the whole network");
    request.target = {};
    request.layer_targets.clear();
    expect_plan_refused(request, "needs a share for at least one layer");
}

TEST(Erk, KeepsInProportionToTheSumOfSides) {
    // As in RigL's own program: layers whose density would pass 1 are dense, the others share one factor.
    const std::vector<Layer> layers =
        network({{"first", {16, 3, 3, 3}}, {"wide", {64, 128, 3, 3}}, {"fc", {10, 512}}});
    Request request = request_for(layers);
    request.scope = "erk";
    request.target.sparsity = 0.9;
    const Plan result = plan(request);
    // 7,928 weights stay. Over all 745 sides that is 10.6 a side, more than fc has for its 522; what fc
    // leaves is 2,808 over 223 sides.
    EXPECT_EQ(result.masks.at("fc").kept(), 5120);
    EXPECT_NEAR(static_cast<double>(result.masks.at("first").kept()), 2808 / 223.0 * (16 + 3 + 3 + 3), 1);
    EXPECT_NEAR(static_cast<double>(result.masks.at("wide").kept()), 2808 / 223.0 * (64 + 128 + 3 + 3), 1);
    EXPECT_EQ(result.masks.kept(), 79280 - 71352);

    request.target.sparsity = 0.5;  // the first and the last would be more than dense
    const Plan denser = plan(request);
    EXPECT_EQ(denser.masks.at("first").kept(), 432);
    EXPECT_EQ(denser.masks.at("fc").kept(), 5120);
    EXPECT_EQ(denser.masks.kept(), 39640);
}

TEST(Erk, CannotBringBackWhatIsPruned) {
    const std::vector<Layer> layers = network({{"a", {20, 30}}, {"b", {40, 50}}});
    Request request = request_for(layers);
    MaskSet current;
    Mask mask({20, 30}, false);
    for (int i = 0; i < 10; ++i) mask.set(i, true);
    current.insert("a", mask);
    request.current = &current;
    request.scope = "erk";
    request.target.weights = 500;
    const Plan result = plan(request);
    EXPECT_EQ(result.masks.at("a").kept(), 10);
    EXPECT_EQ(result.masks.kept(), 500);
}

TEST(Lamp, RanksBySharesOfWhatIsLeft) {
    const auto layers = network({{"a", {9, 7}}, {"b", {20, 15}}, {"c", {5, 30}}});
    // By the paper's definition, all scores in one list.
    struct Score {
        double lamp;
        std::size_t layer;
        std::size_t index;
    };
    std::vector<Score> scores;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        for (std::size_t u = 0; u < layers[l].weight.size(); ++u) {
            const auto square = [&](std::size_t i) {
                return static_cast<double>(layers[l].weight[i]) * static_cast<double>(layers[l].weight[i]);
            };
            double rest = 0;
            for (std::size_t v = 0; v < layers[l].weight.size(); ++v) {
                if (square(v) >= square(u)) rest += square(v);
            }
            scores.push_back({square(u) / rest, l, u});
        }
    }
    std::ranges::sort(scores, {}, &Score::lamp);
    Request request = request_for(layers);
    request.scope = "lamp";
    for (const double sparsity : {0.1, 0.5, 0.9, 0.99}) {
        request.target.sparsity = sparsity;
        const MaskSet masks = plan(request).masks;
        const auto cut = static_cast<std::size_t>(sparsity * static_cast<double>(scores.size()));
        for (std::size_t i = 0; i < scores.size(); ++i) {
            EXPECT_EQ(masks.at(layers[scores[i].layer].name)[static_cast<std::int64_t>(scores[i].index)],
                      i >= cut);
        }
    }
}

TEST(Lamp, NeedsScoresThatAreNeverNegative) {
    auto layers = network({{"a", {4, 4}}});
    Request request = request_for(layers);
    request.scope = "lamp";
    request.criterion = "movement";
    request.weights[0].signals["movement"] = layers[0].weight;
    request.target.sparsity = 0.5;
    expect_plan_refused(request, "those of criterion \"movement\" may be");
}

TEST(Sensitivity, CutsAllLayersToTheSameLoss) {
    const auto layers = network({{"tough", {10, 10}}, {"soft", {10, 10}}});
    Request request = request_for(layers);
    request.scope = "sensitivity";
    // Loss rises twice as fast in "tough": at loss 0.2 that one is at 0.4, "soft" at 0.8.
    request.sensitivity = {{"tough", {{0, 1}, {0.5, 1.25}, {0.9, 3}}},
                           {"soft", {{0, 1}, {0.8, 1.2}, {0.95, 2}}}};
    request.target.sparsity = 0.6;
    EXPECT_EQ(kept_by_layer(plan(request)),
              (std::map<std::string, std::int64_t>{{"soft", 20}, {"tough", 60}}));
    request.target.sparsity = 0.93;
    expect_plan_refused(request,
                        "the sensitivity tables go far enough to cut 185 weights, the target asks for 186");
}

TEST(Sensitivity, DividesWhatCostsNothingEvenly) {
    const auto layers = network({{"a", {10, 10}}, {"b", {10, 10}}});
    Request request = request_for(layers);
    request.scope = "sensitivity";
    // Both are free at first, b twice as far, and getting better once does not count.
    request.sensitivity = {{"a", {{0, 1}, {0.3, 1}, {0.9, 2}}},
                           {"b", {{0, 1}, {0.3, 0.5}, {0.6, 1}, {0.9, 2}}}};
    request.target.sparsity = 0.3;
    EXPECT_EQ(kept_by_layer(plan(request)), (std::map<std::string, std::int64_t>{{"a", 80}, {"b", 60}}));
}

TEST(Sensitivity, RefusesTablesThatSayNothing) {
    const auto layers = network({{"a", {10, 10}}, {"b", {10, 10}}});
    Request request = request_for(layers);
    request.scope = "sensitivity";
    request.target.sparsity = 0.3;
    request.sensitivity["a"] = {{0, 1}, {0.9, 2}};
    expect_plan_refused(request, "needs a table for every layer, and \"b\" has none");
    const std::vector<std::vector<SensitivityPoint>> bad = {
        {{0.1, 1}, {0.9, 2}}, {{0, 1}, {0, 2}}, {{0, 1}, {0.9, std::nan("")}}, {{0, 1}, {1, 2}}};
    for (const auto& table : bad) {
        request.sensitivity["b"] = table;
        expect_plan_refused(request, "expected sparsities that ascend from 0 to below 1 and finite losses");
    }
    request.sensitivity["c"] = {{0, 1}};
    expect_plan_refused(request, "sensitivity: weight \"c\" is not known");
}

TEST(ByTime, CutsAllLayersToTheSameCost) {
    const auto layers = network({{"slow", {10, 10}}, {"fast", {10, 10}}});
    Request request = request_for(layers);
    request.scope = "by-time";
    request.target.sparsity = 0.6;
    expect_plan_refused(request, "scope \"by-time\" needs a table for every layer");
    request.sensitivity = {{"slow", {{0, 0}, {0.4, 0.2}, {0.9, 2}}},
                           {"fast", {{0, 0}, {0.8, 0.2}, {0.95, 1}}}};
    EXPECT_EQ(kept_by_layer(plan(request)),
              (std::map<std::string, std::int64_t>{{"fast", 20}, {"slow", 60}}));
}

TEST(OutputWise, CutsTheSameShareOfEveryOutput) {
    const std::vector<float> values = {1, 2, 3, 4, 50, 60, 70, 80, 9, 9, 9, 9};
    Request request;
    request.weights = {{.name = "w", .shape = {3, 4}, .weight = values}};
    request.scope = "output-wise";
    request.target.sparsity = 0.5;
    EXPECT_EQ(plan(request).masks.at("w").to_floats(),
              (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0}));
    request.weights[0].shape = {4, 3};
    request.weights[0].output_axis = 1;
    EXPECT_EQ(plan(request).masks.at("w").to_floats(),
              (std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0}));
    request.layer_targets = {{"w", 0.25}};
    EXPECT_EQ(plan(request).masks.kept(), 9);
    request.target = {.weights = 4};
    expect_plan_refused(request, "\"output-wise\" takes a share of every output, expected sparsity or rate");
}

TEST(OutputWise, IsWandasRanking) {
    // Inputs of very different norm: within an output the weight decides together with its input.
    const auto layers = network({{"w", {32, 100}}});
    std::vector<float> norm(100);
    for (std::size_t i = 0; i < norm.size(); ++i) norm[i] = static_cast<float>(1 + i % 7);
    Request request = request_for(layers);
    request.weights[0].signals["input-norm"] = norm;
    request.criterion = "wanda";
    request.scope = "output-wise";
    request.target.sparsity = 0.6;
    const MaskSet masks = plan(request).masks;
    for (std::size_t o = 0; o < 32; ++o) {
        std::vector<std::pair<float, std::size_t>> order;
        for (std::size_t i = 0; i < 100; ++i)
            order.emplace_back(std::abs(layers[0].weight[o * 100 + i]) * norm[i], i);
        std::ranges::sort(order);
        for (std::size_t rank = 0; rank < 100; ++rank) {
            EXPECT_EQ(masks.at("w")[static_cast<std::int64_t>(o * 100 + order[rank].second)], rank >= 60);
        }
    }
}

TEST(Floors, HoldInEveryScopeAndAreNamed) {
    // One layer with tiny weights: whatever ranks globally would empty it.
    std::vector<Layer> layers = network({{"tiny", {4, 4}}, {"large", {30, 30}}});
    for (float& value : layers[0].weight) value *= 1e-6F;
    Request request = request_for(layers);
    request.floor = 3;
    request.target.weights = 100;
    for (const std::string granularity : {"element", "vector 1x2", "filter"}) {
        request.granularity = granularity;
        request.target = granularity == "filter" ? Target{.sparsity = 0.5} : Target{.weights = 100};
        const Plan result = plan(request);
        EXPECT_EQ(result.layers[0].units_kept, 3) << granularity;
        ASSERT_EQ(result.notes.size(), 1U) << granularity;
        EXPECT_NE(result.notes[0].find("\"tiny\" hit its floor: it keeps 3 of its "), std::string::npos);
        EXPECT_NE(result.notes[0].find("units; by their scores 0 would be left"), std::string::npos)
            << result.notes[0];
        EXPECT_TRUE(granularity == "filter" || result.masks.kept() == 100) << "the other layer lost the more";
    }
    request.granularity = "element";
    request.target = {.weights = 100};
    request.floor = 200;
    const Plan all = plan(request);
    EXPECT_EQ(all.masks.kept(), 200 + 16) << "a layer smaller than its floor stays whole";
    ASSERT_EQ(all.notes.size(), 3U);
    EXPECT_NE(all.notes[2].find("fewer than asked went: every layer is at its floor"), std::string::npos);
}

// Sparsities of 0.4, 0.5 and 0.6 in layers of one size: their mean is what is asked.
TEST(DepthWise, SparsityGrowsEvenlyWithDepth) {
    const auto layers = network({{"a", {10, 100}}, {"b", {10, 100}}, {"c", {10, 100}}});
    Request request = request_for(layers);
    request.scope = "depth-wise";
    request.target.sparsity = 0.5;
    const Plan result = plan(request);
    EXPECT_EQ(result.layers[0].kept, 600);
    EXPECT_EQ(result.layers[1].kept, 500);
    EXPECT_EQ(result.layers[2].kept, 400);
    request.target.sparsity = 0.95;  // shares of 0.125, 0.025 and 0, and the last layer's floor on top
    EXPECT_EQ(plan(request).masks.kept(), 151);
}

// Of 100 weights 2, 0 and 1 are above 5 times the mean: kept shares lie 0.16, 0 and 0.08 above one number,
// which for half of all is 0.42.
TEST(Owl, LayersWithOutliersKeepMore) {
    std::vector<std::vector<float>> values(3, std::vector<float>(100, 0.1F));
    for (std::size_t i = 0; i < 300; ++i) values[i / 100][i % 100] += 1e-4F * static_cast<float>(i % 100);
    values[0][3] = values[0][50] = 10;
    values[2][7] = -10;
    Request request;
    for (std::size_t i = 0; i < 3; ++i)
        request.weights.push_back({.name = std::string(1, "abc"[i]), .shape = {10, 10}, .weight = values[i]});
    request.scope = "owl";
    request.target.sparsity = 0.5;
    const Plan result = plan(request);
    EXPECT_EQ(result.layers[0].kept, 58);
    EXPECT_EQ(result.layers[1].kept, 42);
    EXPECT_EQ(result.layers[2].kept, 50);
    for (auto& layer : values) std::ranges::fill(layer, 1.0F);  // no layer differs
    EXPECT_EQ(plan(request).layers[1].kept, 50);
}

TEST(Scopes, EveryEntryIsTestedHere) {
    EXPECT_EQ(scopes().names(),
              (std::vector<std::string>{"by-time", "depth-wise", "erk", "explicit", "global", "isomorphic",
                                        "lamp", "layer-wise", "output-wise", "owl", "sensitivity"}));
}

}  // namespace
}  // namespace espalier::prune
