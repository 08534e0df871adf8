// Nodes with trees as the runtime runs them, against their plain computation: every test, NaN, infinities and
// the thresholds themselves, f32 and f64, single rows and many.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "espalier/runtime.h"
#include "graph/evaluation.h"
#include "graph/tree_nodes.h"

namespace espalier::runtime {
namespace {

using trees::Branch;
using trees::Ensemble;
using trees::TreeNode;

std::int32_t random_tree(Ensemble& e, std::mt19937& random, int depth, std::int32_t output) {
    trees::TreeNode node;
    if (depth == 0 || (depth < 9 && random() % 7 == 0)) {
        node.yes = static_cast<std::int32_t>(e.weights.size());
        node.no = node.yes + 1;
        e.weights.push_back({output, static_cast<double>(random() % 1000) / 8});
    } else {
        constexpr double kLimits[] = {-std::numeric_limits<double>::infinity(),
                                      std::numeric_limits<double>::infinity()};
        node.yes = random_tree(e, random, depth - 1, output);
        node.no = random_tree(e, random, depth - 1, output);
        node.branch = static_cast<Branch>(random() % 6);
        node.threshold = static_cast<double>(random() % 5);
        const bool two = node.branch == Branch::equal || node.branch == Branch::not_equal;
        if (!two && random() % 9 == 0) node.threshold = kLimits[random() % 2];
        node.feature = static_cast<std::int32_t>(random() % 4);
        node.missing_yes = random() % 2 == 0;
    }
    e.nodes.push_back(node);
    return static_cast<std::int32_t>(e.nodes.size() - 1);
}

Node node_of(const Ensemble& ensemble) {
    Node node{.name = "trees", .op = "TreeEnsemble", .inputs = {"x"}, .outputs = {"y"}, .attributes = {}};
    trees::set_ensemble(node, ensemble);
    return node;
}

Node random_node(unsigned seed, trees::Aggregate aggregate, bool doubles, std::int32_t count = 19,
                 int depth = 6) {
    std::mt19937 random(seed);
    Ensemble e;
    e.outputs = 2;
    e.aggregate = aggregate;
    e.doubles = doubles;
    for (std::int32_t t = 0; t < count; ++t) e.roots.push_back(random_tree(e, random, depth, t % 2));
    return node_of(e);
}

template <class T>
Tensor random_rows(std::int64_t rows) {
    constexpr T kValues[] = {0,
                             1,
                             2,
                             3,
                             4,
                             T(0.5),
                             T(1.5),
                             -1,
                             -std::numeric_limits<T>::infinity(),
                             std::numeric_limits<T>::infinity(),
                             std::numeric_limits<T>::quiet_NaN()};
    std::mt19937 random(static_cast<unsigned>(rows));
    Tensor x(dtype_of<T>, {rows, 4});
    // Half of the rows have all of their values: blocks without NaN take another way.
    const std::size_t kinds = rows % 2 == 0 ? 10 : 11;
    for (T& value : x.as<T>()) value = kValues[random() % kinds];
    return x;
}

void expect_plain(const Node& node, const Tensor& x, int threads, const char* kernel) {
    const Tensor* inputs[] = {&x};
    const std::vector<Tensor> expected = evaluate(node, inputs);
    auto session = compile(testing::graph_of(node, x.shape()[1], x.dtype()),
                           {.threads = threads, .tuning = Options::Tuning::none});
    const std::vector<Tensor> got = session.run({{"x", x}});
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], expected[i]) << node.op << " output " << i;
    const std::string used = session.profile()[0].kernel;
    EXPECT_EQ(used.substr(0, used.find(' ')), kernel);
}

TreeNode test_of(std::int32_t yes, std::int32_t no, Branch branch, double threshold) {
    return {
        .threshold = threshold, .feature = 0, .yes = yes, .no = no, .branch = branch, .missing_yes = false};
}

TEST(ForestLayer, IsThePlainComputation) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        for (const auto aggregate : {trees::Aggregate::sum, trees::Aggregate::average}) {
            for (const std::int64_t rows : {1, 2, 7, 40, 513, 600}) {
                const auto x = random_rows<float>(rows);
                const auto doubles = random_rows<double>(rows);
                expect_plain(random_node(seed, aggregate, false), x, 1, "ranked_trees");
                expect_plain(random_node(seed, aggregate, true), doubles, 2, "ranked_trees");
                expect_plain(random_node(seed, aggregate, false, 2, 11), x, 1, "forest_walk");
                expect_plain(random_node(seed, aggregate, true, 2, 11), doubles, 2, "forest_walk");
            }
        }
    }
}

/// Trees that are parts of others, and one of them beside a leaf of another output.
TEST(ForestLayer, TreesMayShareNodes) {
    Ensemble e;
    e.outputs = 2;
    e.nodes = {test_of(1, 4, Branch::less_equal, 2), test_of(5, 6, Branch::less, 1),
               test_of(4, 5, Branch::equal, 0), test_of(2, 2, Branch::not_equal, 4)};
    const auto add_leaf = [&](std::int32_t output) {
        const auto weight = static_cast<std::int32_t>(e.weights.size());
        e.weights.push_back({output, 1.5 * weight});
        e.nodes.push_back({.yes = weight, .no = weight + 1});
    };
    for (int leaf = 0; leaf < 3; ++leaf) add_leaf(0);
    e.roots = {0, 3, 0};
    for (const std::int64_t rows : {3, 40})
        expect_plain(node_of(e), random_rows<float>(rows), 1, "ranked_trees");
    e.nodes.push_back(test_of(1, 8, Branch::greater, 3));
    add_leaf(1);
    e.roots.push_back(7);
    for (const std::int64_t rows : {3, 40})
        expect_plain(node_of(e), random_rows<float>(rows), 1, "reference");
}

/// Each test leads to the next one on both sides: 2^200 nodes were none shared.
TEST(ForestLayer, SharingIsNotWrittenOut) {
    Ensemble e;
    for (std::int32_t i = 0; i < 200; ++i) {
        constexpr Branch kBranches[] = {Branch::less, Branch::equal, Branch::greater_equal,
                                        Branch::not_equal};
        e.nodes.push_back(test_of(i == 199 ? 200 : i + 1, i == 199 ? 201 : i + 1, kBranches[i % 4], i % 5));
    }
    e.nodes.push_back({.yes = 0, .no = 1});
    e.nodes.push_back({.yes = 1, .no = 2});
    e.weights = {{0, 1.5}, {0, -2}};
    e.roots = {0, 100, 0};
    for (const std::int64_t rows : {3, 4, 200})
        expect_plain(node_of(e), random_rows<float>(rows), 1, "forest_walk");
}

/// As converters write categories: x == 0 ? a : x == 1 ? b : ..., of which each is two tests here.
TEST(ForestLayer, ChainsOfEqual) {
    Ensemble e;
    for (std::int32_t i = 0; i < 60; ++i) {
        e.nodes.push_back(test_of(60 + i, i == 59 ? 120 : i + 1, Branch::equal, i % 7));
        e.weights.push_back({0, static_cast<double>(i)});
    }
    e.weights.push_back({0, -1});
    for (std::int32_t i = 0; i <= 60; ++i) e.nodes.push_back({.yes = i, .no = i + 1});
    e.roots = {0};
    for (const std::int64_t rows : {3, 4, 200})
        expect_plain(node_of(e), random_rows<float>(rows), 1, "forest_walk");
}

TEST(ForestLayer, WhatHasNoFastFormRunsPlainly) {
    expect_plain(random_node(1, trees::Aggregate::max, false), random_rows<float>(9), 1, "reference");
    expect_plain(testing::one_test(6, 0, false), Tensor::of<float>({3, 1}, testing::Floats{0, 1, 4}), 1,
                 "reference");
}

TEST(ForestLayer, LabelsAndScores) {
    const Tensor x = Tensor::of<float>({3, 1}, testing::Floats{-1, 0, 1});
    expect_plain(testing::small_classifier(-1, 2, true), x, 1, "forest_walk");
    expect_plain(testing::small_classifier(0.25F, 0.75F, false), x, 1, "forest_walk");
    Node labels = testing::small_classifier(-1, 2, true);
    labels.outputs = {"label"};
    expect_plain(labels, x, 1, "forest_walk");
}

}  // namespace
}  // namespace espalier::runtime
