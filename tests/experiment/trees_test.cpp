// A file with trees from end to end: pruned by data from an archive, written, run.
#include "experiment/trees/prune_trees.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "base/temporary_folder.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "experiment/inspect/tree_facts.h"
#include "experiment/prune/pruned.h"
#include "graph/tree_nodes.h"
#include "tensor/npz.h"
#include "trees/method.h"

namespace espalier::experiment {
namespace {

class PruneTrees : public ::testing::Test {
  protected:
    void SetUp() override {
        onnx::write(model_, testing::graph_of(testing::small_regressor(), 2));
        write_npz(data_, arrays({10, 11, 20, 30, 31, 32}));
    }

    static NamedTensors arrays(const std::vector<float>& y) {
        NamedTensors made;
        made.emplace("x_train",
                     Tensor::of<float>({6, 2}, std::vector<float>{0, 0, 1, 1, 0, 3, 2, 0, 3, 0, 4, 0}));
        made.emplace("y_train", Tensor::of<float>({static_cast<std::int64_t>(y.size())}, y));
        return made;
    }

    testing::TemporaryFolder folder_;
    std::filesystem::path model_ = folder_.path() / "t.onnx";
    std::filesystem::path data_ = folder_.path() / "d.npz";
    std::filesystem::path out_ = folder_.path() / "p.onnx";
};

TEST_F(PruneTrees, ByAnAlpha) {
    const PrunedTreeFile pruned = prune_trees(model_, {.amount = 20}, data_, out_);
    ASSERT_EQ(pruned.nodes.size(), 1U);
    EXPECT_EQ(pruned.nodes[0].before.nodes, 5);
    EXPECT_EQ(pruned.nodes[0].after.nodes, 3);
    auto session = runtime::compile(onnx::read(out_), {.threads = 1});
    const auto out = session.run({{"x", Tensor::of<float>({2, 2}, std::vector<float>{0, 5, 5, 5})}});
    EXPECT_FLOAT_EQ(out[0].f32()[0], 40.0F / 3);  // 10, 10 and 20 by their rows
    EXPECT_FLOAT_EQ(out[0].f32()[1], 30);
    EXPECT_NE(to_text(pruned, 100).find("3 of 5 nodes"), std::string::npos);
}

TEST_F(PruneTrees, APageComparesEveryMethod) {
    const PrunedTreeFile pruned =
        prune_trees(model_, {.amount = 20, .folds = 3, .compare = true}, data_, out_);
    const PrunedTrees& node = pruned.nodes[0];
    ASSERT_EQ(node.curves.size(), trees::methods().size());
    for (const MethodCurve& curve : node.curves)
        EXPECT_EQ(curve.validated.trials.empty(), !curve.left_out.empty()) << curve.method;
    const std::string page = to_html(pruned);
    EXPECT_NE(page.find("<h3>global-refinement</h3>"), std::string::npos);
    EXPECT_NE(page.find("pessimistic-error is left out: it is for classes"), std::string::npos);
    EXPECT_NE(page.find("Tree 1 before"), std::string::npos);
    EXPECT_NE(page.find("Tree 1 after cost-complexity"), std::string::npos);
    EXPECT_EQ(page.find("<script"), std::string::npos);
}

/// Some methods need a third: they are left out, not the page.
TEST_F(PruneTrees, APageByTwoFolds) {
    const PrunedTreeFile pruned =
        prune_trees(model_, {.amount = 20, .folds = 2, .compare = true}, data_, out_);
    EXPECT_EQ(pruned.nodes[0].curves.size(), trees::methods().size());
}

TEST_F(PruneTrees, InMemoryAGraphThatFailsIsAsItWas) {
    Graph graph = onnx::read(model_);
    const auto nodes = graph.nodes;
    EXPECT_THROW(prune_trees(graph, {.amount = 20}, {}), InvalidArgument);
    NamedTensors odd = arrays({10, 11, 20, 30, 31, 32});
    odd.emplace("z", Tensor(DType::f32, {1}));
    EXPECT_THROW(prune_trees(graph, {.amount = 20}, odd), BadData);
    EXPECT_EQ(graph.nodes[0].attributes, nodes[0].attributes);
    prune_trees(graph, {.amount = 20}, arrays({10, 11, 20, 30, 31, 32}));
    EXPECT_NE(graph.nodes[0].attributes, nodes[0].attributes);
}

TEST_F(PruneTrees, RankedFeaturesSaysThatTheInputStaysAsWide) {
    const PrunedTreeFile pruned =
        prune_trees(model_, {.criterion = "ranked-features", .amount = 1}, data_, out_);
    ASSERT_FALSE(pruned.notes.empty());
    EXPECT_NE(pruned.notes.back().find("keeps all its columns"), std::string::npos) << pruned.notes.back();
}

TEST_F(PruneTrees, AnAmountIsInterruptedToo) {
    const std::atomic<bool> stop = true;
    EXPECT_THROW(
        prune_trees(model_, {.criterion = "global-refinement", .amount = 0.5}, data_, out_, {.stop = &stop}),
        Interrupted);
    EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(PruneTrees, LosslessNeedsNoData) {
    const PrunedTreeFile pruned = prune_trees(model_, {.criterion = "lossless"}, "", out_);
    EXPECT_EQ(pruned.nodes[0].after.nodes, 5);
}

TEST_F(PruneTrees, AFileWithTreesIsNotCutAsANetwork) {
    try {
        prune_file(model_, {.target = {.sparsity = 0.5}}, {.output = out_});
        FAIL() << "cut";
    } catch (const InvalidArgument& error) {
        EXPECT_NE(std::string(error.what()).find("--data"), std::string::npos) << error.what();
    }
}

TEST_F(PruneTrees, InspectSaysWhatThereIs) {
    const auto facts = tree_facts(onnx::read(model_));
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0].nodes, 5);
    EXPECT_EQ(facts[0].leaves, 3);
    EXPECT_EQ(facts[0].deepest, 2);
    EXPECT_EQ(facts[0].features, 2);
    EXPECT_EQ(facts[0].modes, "LEQ");
}

TEST_F(PruneTrees, WhatDoesNotFitIsRefused) {
    EXPECT_THROW(prune_trees(model_, {}, "", out_), InvalidArgument);
    EXPECT_THROW(prune_trees(model_, {}, data_, out_), InvalidArgument);  // how much?
    EXPECT_THROW(prune_trees(model_, {.criterion = "magnitude"}, data_, out_), InvalidArgument);
    EXPECT_THROW(prune_trees(model_, {.criterion = "pessimistic-error", .amount = 1}, data_, out_),
                 InvalidArgument);
    EXPECT_THROW(prune_trees(model_, {.amount = -1}, data_, out_), InvalidArgument);
    EXPECT_THROW(prune_trees(model_, {.amount = std::nan("")}, data_, out_), InvalidArgument);
    NamedTensors wrong = arrays({1, 2, 3});
    write_npz(data_, wrong);
    EXPECT_THROW(prune_trees(model_, {.amount = 1}, data_, out_), BadData);
    wrong = arrays({1, 2, 3, 4, 5, 6});
    wrong.insert_or_assign("x_train", Tensor::of<float>({6, 1}, std::vector<float>(6)));
    write_npz(data_, wrong);
    EXPECT_THROW(prune_trees(model_, {.amount = 1}, data_, out_), BadData);
    EXPECT_FALSE(std::filesystem::exists(out_));
}

}  // namespace
}  // namespace espalier::experiment
