// Metrics of a recipe: what stages store.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/onnx.h"
#include "lottery/ran.h"

namespace espalier::lottery {
namespace {

TEST(Metrics, AreStoredWithEachStageAndOfNoneWithoutBeingAsked) {
    const char* prune = "rounds = 1\nrate = 0.95\n[retrain]\nmode = \"none\"\n";
    const testing::Ran ran(prune,
                           "metrics = [\"top-1\", \"top-5\", \"agreement\", \"mean-squared-error\"]\n");
    const store::Stage dense = ran.record(0);
    const store::Stage pruned = ran.record(1);
    ASSERT_EQ(dense.metrics.size(), 4U);
    ASSERT_EQ(pruned.metrics.size(), 4U);
    EXPECT_NEAR(pruned.metrics[0].test, pruned.test_accuracy, 0.005) << "top-1 is the accuracy";
    EXPECT_NEAR(pruned.metrics[0].validation, pruned.validation_accuracy, 0.005);
    EXPECT_GE(pruned.metrics[1].test, pruned.metrics[0].test);
    EXPECT_EQ(dense.metrics[2].name, "agreement");
    EXPECT_EQ(dense.metrics[2].test, 1) << "with itself";
    EXPECT_LT(pruned.metrics[2].test, 1);
    EXPECT_GT(pruned.metrics[2].test, 0.2);
    EXPECT_FALSE(pruned.metrics[3].is_share);

    const testing::Ran plain(prune);
    EXPECT_TRUE(plain.record(1).metrics.empty());
    EXPECT_EQ(plain.spec(1).hash, ran.spec(1).hash) << "what is measured changes no weights";
}

TEST(Metrics, UnknownAndDoubleNamesAreRefused) {
    const auto check = [](const char* metrics) {
        check_names(Recipe::from_text(std::string("[experiment]\nmetrics = ") + metrics, "r.toml"));
    };
    EXPECT_ERROR(BadRecipe,
                 "r.toml:2: experiment.metrics = [\"top5\"]: \"top5\" is not known; did you mean \"top-5\"?",
                 check("[\"top5\"]"));
    EXPECT_ERROR(BadRecipe, "\"top-5\" is there twice", check("[\"top-5\", \"top-5\"]"));
    check("[\"top-5\"]");
}

}  // namespace
}  // namespace espalier::lottery
