// The operators with trees against values worked out by hand, and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/expect_error.h"
#include "espalier/error.h"
#include "graph/evaluation.h"
#include "graph/tree_nodes.h"

namespace espalier {
namespace {

using testing::Floats;
using testing::Ints;
using testing::Strings;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<Tensor> results(const Node& node, std::int64_t columns, const Floats& x) {
    const Tensor rows = Tensor::of<float>({static_cast<std::int64_t>(x.size()) / columns, columns}, x);
    const Tensor* inputs[] = {&rows};
    return evaluate(node, inputs);
}

Floats floats(const Tensor& tensor) { return {tensor.f32().begin(), tensor.f32().end()}; }

TEST(Trees, ARegressorByHand) {
    const Node node = testing::small_regressor();
    EXPECT_EQ(floats(results(node, 2, {1, 2, 1, 2.5F, 1.5F, 0, -4, -4})[0]), (Floats{10, 20, 30, 10}));
}

TEST(Trees, AggregatesAndBaseValues) {
    Node node = testing::small_regressor();
    for (const char* key : {"nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_truenodeids",
                            "nodes_falsenodeids", "target_treeids", "target_nodeids", "target_ids"}) {
        auto& values = std::get<Ints>(node.attributes[key]);
        const Ints once = values;
        for (const std::int64_t value : once)
            values.push_back(std::string(key).ends_with("treeids") ? 1 : value);
    }
    auto& modes = std::get<Strings>(node.attributes["nodes_modes"]);
    modes.insert(modes.end(), {"BRANCH_GT", "BRANCH_LT", "LEAF", "LEAF", "LEAF"});
    auto& values = std::get<Floats>(node.attributes["nodes_values"]);
    values.insert(values.end(), {1, 2, 0, 0, 0});
    node.attributes["target_weights"] = Floats{10, 20, 30, 1, 2, 3};
    node.attributes["base_values"] = Floats{100};
    const Floats x = {0, 0, 5, 2};  // 10 and 3; 30 and 2
    const auto given = [&](const char* aggregate) {
        node.attributes["aggregate_function"] = std::string(aggregate);
        return floats(results(node, 2, x)[0]);
    };
    EXPECT_EQ(given("SUM"), (Floats{113, 132}));
    EXPECT_EQ(given("AVERAGE"), (Floats{106.5F, 116}));
    EXPECT_EQ(given("MIN"), (Floats{103, 102}));
    EXPECT_EQ(given("MAX"), (Floats{110, 130}));
}

TEST(Trees, EveryModeAndMissingValues) {
    const Floats x = {0, 1, 2, kNaN};
    const auto given = [&](std::uint8_t mode, bool missing) {
        return floats(results(testing::one_test(mode, 1, missing), 1, x)[0]);
    };
    EXPECT_EQ(given(0, false), (Floats{1, 1, 2, 2}));  // <=
    EXPECT_EQ(given(1, false), (Floats{1, 2, 2, 2}));  // <
    EXPECT_EQ(given(2, false), (Floats{2, 1, 1, 2}));  // >=
    EXPECT_EQ(given(3, false), (Floats{2, 2, 1, 2}));  // >
    EXPECT_EQ(given(4, false), (Floats{2, 1, 2, 2}));  // ==
    EXPECT_EQ(given(5, false), (Floats{1, 2, 1, 1}));  // !=, which NaN is
    EXPECT_EQ(given(6, false), (Floats{2, 1, 2, 2}));  // one of 1, 4
    for (std::uint8_t mode = 0; mode < 7; ++mode) EXPECT_EQ(given(mode, true)[3], 1) << int(mode);
}

TEST(Trees, TwoClassesByOneScore) {
    const auto classify = [](const Node& node, const Floats& x) { return results(node, 1, x); };
    // No negative leaf: the score is a probability, and the second class needs more than a half.
    auto out = classify(testing::small_classifier(0.25F, 0.75F, false), {-1, 1});
    EXPECT_EQ(floats(out[1]), (Floats{0.75F, 0.25F, 0.25F, 0.75F}));
    EXPECT_EQ(out[0].as<std::int64_t>()[0], 0);
    EXPECT_EQ(out[0].as<std::int64_t>()[1], 1);
    // With one the sign decides.
    out = classify(testing::small_classifier(-1, 0.25F, false), {-1, 1});
    EXPECT_EQ(floats(out[1]), (Floats{1, -1, -0.25F, 0.25F}));
    EXPECT_EQ(out[0].as<std::int64_t>()[1], 1);
    out = classify(testing::small_classifier(-1, 2, true), {1});
    EXPECT_NEAR(out[1].f32()[1], 1 / (1 + std::exp(-2.0)), 1e-6);
    EXPECT_NEAR(out[1].f32()[0], 1 - 1 / (1 + std::exp(-2.0)), 1e-6);
}

TEST(Trees, TwoClassesByTheScoreOfTheSecond) {
    // The first stays at 0, as in ONNX Runtime, and the function is of both.
    const auto by_second = [](float low, float high, bool logistic) {
        Node node = testing::small_classifier(low, high, logistic);
        node.attributes["class_ids"] = Ints{1, 1};
        return results(node, 1, {-1, 1});
    };
    auto out = by_second(0.25F, 0.75F, false);
    EXPECT_EQ(floats(out[1]), (Floats{0, 0.25F, 0, 0.75F}));
    EXPECT_EQ(out[0].as<std::int64_t>()[0], 0);
    EXPECT_EQ(out[0].as<std::int64_t>()[1], 1);
    out = by_second(-1, 2, true);
    EXPECT_EQ(out[1].f32()[0], 0.5F);
    EXPECT_NEAR(out[1].f32()[3], 1 / (1 + std::exp(-2.0)), 1e-6);
    // A score that is a probability goes through LOGISTIC, too.
    out = results(testing::small_classifier(0.25F, 0.75F, true), 1, {1});
    EXPECT_NEAR(out[1].f32()[0], 1 / (1 + std::exp(0.75)), 1e-6);
    EXPECT_NEAR(out[1].f32()[1], 1 / (1 + std::exp(-0.75)), 1e-6);
}

TEST(Trees, AttributesComeBackAsTheyWere) {
    for (const Node& node : {testing::small_regressor(), testing::small_classifier(-1, 2, true),
                             testing::one_test(0, 1, true), testing::one_test(6, 0, false)}) {
        const trees::Ensemble ensemble = trees::ensemble_of(node);
        Node again = node;
        trees::set_ensemble(again, ensemble);
        EXPECT_EQ(trees::ensemble_of(again), ensemble) << node.op;
    }
}

TEST(Trees, IdsInAnyOrder) {
    Node node = testing::small_regressor();
    node.attributes["nodes_nodeids"] = Ints{7, 3, 9, 2, 5};
    node.attributes["nodes_truenodeids"] = Ints{3, 9, 0, 0, 0};
    node.attributes["nodes_falsenodeids"] = Ints{5, 2, 0, 0, 0};
    node.attributes["target_nodeids"] = Ints{9, 2, 5};
    EXPECT_EQ(floats(results(node, 2, {1, 2, 1, 2.5F, 1.5F, 0})[0]), (Floats{10, 20, 30}));
}

/// `change` makes the small regressor wrong, in one line that says `text`.
template <class Change>
void expect_refused(const Change& change, const std::string& text) {
    Node node = testing::small_regressor();
    change(node.attributes);
    try {
        trees::ensemble_of(node);
        ADD_FAILURE() << "not refused: " << text;
    } catch (const InvalidModel& error) {
        const std::string line = error.what();
        EXPECT_NE(line.find(text), std::string::npos) << line;
        EXPECT_NE(line.find("node \"trees\""), std::string::npos) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos);
    }
}

TEST(Trees, WhatIsWrongIsRefused) {
    using Attributes = std::map<std::string, Attribute>;
    expect_refused([](Attributes& a) { a["nodes_truenodeids"] = Ints{1, 0, 0, 0, 0}; }, "cannot be reached");
    expect_refused([](Attributes& a) { a["nodes_truenodeids"] = Ints{1, 1, 0, 0, 0}; }, "cannot be reached");
    expect_refused(
        [](Attributes& a) {
            a["nodes_falsenodeids"] = Ints{4, 9, 0, 0, 0};
        },
        "which is not there");
    expect_refused([](Attributes& a) { a["nodes_falsenodeids"] = Ints{4, 2, 0, 0, 0}; }, "cannot be reached");
    expect_refused([](Attributes& a) { a["nodes_values"] = Floats{1, kNaN, 0, 0, 0}; }, "threshold NaN");
    expect_refused([](Attributes& a) { a["nodes_values"] = Floats{1}; }, "nodes_values");
    expect_refused(
        [](Attributes& a) {
            a["nodes_modes"] = Strings{"BRANCH", "LEAF", "LEAF", "LEAF", "LEAF"};
        },
        "mode");
    expect_refused([](Attributes& a) { a["nodes_nodeids"] = Ints{0, 1, 2, 2, 4}; }, "given twice");
    expect_refused([](Attributes& a) { a["nodes_featureids"] = Ints{-1, 1, 0, 0, 0}; }, "feature -1");
    expect_refused([](Attributes& a) { a["target_nodeids"] = Ints{2, 3, 3}; }, "has no weight");
    expect_refused([](Attributes& a) { a["target_nodeids"] = Ints{2, 3, 1}; }, "is no leaf");
    expect_refused([](Attributes& a) { a["target_ids"] = Ints{0, 0, 4}; }, "scores output 4");
    expect_refused([](Attributes& a) { a["nodes_treeids"] = Ints{}; }, "no trees");
}

TEST(Trees, ColumnsThatAreNotThereAreRefused) {
    EXPECT_THROW(verify(testing::graph_of(testing::small_regressor(), 1)), InvalidModel);
    EXPECT_NO_THROW(verify(testing::graph_of(testing::small_regressor(), 2)));
}

}  // namespace
}  // namespace espalier
