// Gradients travel while the backward pass goes on, in the order in which it is done with them.
#include "train/loop/gradient_sum.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "espalier/models.h"
#include "train/executor/executor.h"

namespace espalier::train {
namespace {

/// One of two ranks, of which the other adds nothing.
class Listening : public Ranks {
  public:
    int rank() const override { return 0; }
    int size() const override { return 2; }
    void sum(std::span<float> values) override {
        if (fails) throw RankLost("gone");
        sizes.push_back(values.size());
        ++sums;
    }
    std::vector<std::string> gather(const std::string& text) override { return {text, text}; }

    std::vector<std::size_t> sizes;
    std::atomic<int> sums = 0;
    bool fails = false;
};

class GradientSumTest : public ::testing::Test {
  protected:
    at::Tensor loss(int seed) {
        at::manual_seed(static_cast<std::uint64_t>(seed));
        return executor_.forward({{"", at::randn({4, 1, 28, 28})}}, {.training = true}).square().sum();
    }

    Graph graph_ = models::build("lenet-300-100");
    Executor executor_{graph_, {}};
    Recipe recipe_;
    Parameters parameters_{executor_, graph_, nullptr, recipe_};
};

TEST_F(GradientSumTest, SendsWhatIsWholeBeforeTheBackwardPassEnds) {
    Listening ranks;
    GradientSum sum(&ranks);
    sum.begin(parameters_);
    parameters_.zero_gradients();
    int sent = 0;
    const auto backward = [&] {
        loss(1).backward();
        for (int i = 0; i < 1000 && ranks.sums < 2; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        sent = ranks.sums;
    };
    sum.add(backward, true);
    EXPECT_EQ(sent, 2);
    sum.finish({1, 2, 3});
    // The last layers, 100 x 10 and 300 x 100, with all biases, then the first, then the rest.
    EXPECT_EQ(ranks.sizes, (std::vector<std::size_t>{31410, 235200, 3}));
}

TEST_F(GradientSumTest, IsTheSumOfShards) {
    GradientSum sum(nullptr);
    std::vector<float> expected;
    sum.begin(parameters_);
    for (int shard = 0; shard < 2; ++shard) {
        parameters_.zero_gradients();
        sum.add([&] { loss(shard).backward(); }, shard == 1);
        std::vector<float> one;
        for (const std::size_t weight : parameters_.in_backward_order())
            parameters_.append_gradient(weight, parameters_.value(weight).grad(), one);
        if (expected.empty()) expected.resize(one.size());
        for (std::size_t i = 0; i < one.size(); ++i) expected[i] += one[i];
    }
    expected.push_back(7);
    EXPECT_EQ(sum.finish({7}), expected);
}

TEST_F(GradientSumTest, AShardWithoutExamplesIsZero) {
    GradientSum sum(nullptr);
    sum.begin(parameters_);
    parameters_.zero_gradients();
    sum.add({}, true);
    EXPECT_EQ(sum.finish({}), std::vector<float>(266610, 0.0F));
}

TEST_F(GradientSumTest, WatchesEveryWeightOnceHoweverManyStepsAreDone) {
    Listening ranks;
    GradientSum sum(&ranks);
    for (int step = 0; step < 3; ++step) {
        sum.begin(parameters_);
        parameters_.zero_gradients();
        sum.add([&] { loss(step).backward(); }, false);
        parameters_.zero_gradients();
        sum.add([&] { loss(step).backward(); }, true);
        sum.finish({});
        // LibTorch numbers a weight's hooks; only this one's own comes after the sum's.
        const unsigned next = parameters_.value(0).register_hook([](const at::Tensor&) {});
        EXPECT_EQ(next, static_cast<unsigned>(step + 1));
        parameters_.value(0).remove_hook(next);
    }
}

TEST_F(GradientSumTest, SaysThatARankIsLost) {
    Listening ranks;
    ranks.fails = true;
    GradientSum sum(&ranks);
    sum.begin(parameters_);
    parameters_.zero_gradients();
    sum.add([&] { loss(1).backward(); }, true);
    EXPECT_THROW(sum.finish({}), RankLost);
}

}  // namespace
}  // namespace espalier::train
