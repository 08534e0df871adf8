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

std::int32_t random_tree(Ensemble& e, std::mt19937& random, int depth, std::int32_t output) {
    trees::TreeNode node;
    if (depth == 0 || random() % 7 == 0) {
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

Node random_node(unsigned seed, trees::Aggregate aggregate, bool doubles) {
    std::mt19937 random(seed);
    Ensemble e;
    e.outputs = 2;
    e.aggregate = aggregate;
    e.doubles = doubles;
    for (std::int32_t t = 0; t < 19; ++t) e.roots.push_back(random_tree(e, random, 6, t % 2));
    Node node{.name = "trees", .op = "TreeEnsemble", .inputs = {"x"}, .outputs = {"y"}, .attributes = {}};
    trees::set_ensemble(node, e);
    return node;
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
    EXPECT_EQ(session.profile()[0].kernel, kernel);
}

TEST(ForestLayer, IsThePlainComputation) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        for (const auto aggregate : {trees::Aggregate::sum, trees::Aggregate::average}) {
            for (const std::int64_t rows : {1, 2, 7, 40, 513, 600}) {
                expect_plain(random_node(seed, aggregate, false), random_rows<float>(rows), 1, "forest_walk");
                expect_plain(random_node(seed, aggregate, true), random_rows<double>(rows), 2, "forest_walk");
            }
        }
    }
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
