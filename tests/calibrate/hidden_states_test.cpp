// The states before each step, from what an LSTM gives behind each step.
#include "calibrate/rows/hidden_states.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/error.h"
#include "graph/evaluation.h"

namespace espalier::calibrate {
namespace {

Tensor random_tensor(Shape shape, std::uint64_t seed) {
    Tensor tensor(DType::f32, std::move(shape));
    Random random(seed, "states");
    for (float& value : tensor.f32()) value = static_cast<float>(random.uniform()) - 0.5F;
    return tensor;
}

constexpr std::int64_t kSteps = 4, kBatch = 2, kHidden = 3;

class HiddenStatesTest : public testing::Test {
  protected:
    Node lstm(const std::string& direction) const {
        return {.name = "rnn",
                .op = "LSTM",
                .inputs = {"x", "w", "r", "", "lengths", "h"},
                .outputs = {"", "last"},
                .attributes = {{"hidden_size", kHidden}, {"direction", direction}}};
    }
    /// What the node gives at a step.
    std::vector<float> given(const Node& node, std::int64_t step, std::int64_t direction,
                             std::int64_t sequence) const {
        Node whole = node;
        whole.outputs = {"y"};
        const Tensor y = std::move(evaluate(whole, inputs_).front());
        const std::int64_t directions = y.shape()[1];
        const auto from = y.f32().begin() + ((step * directions + direction) * kBatch + sequence) * kHidden;
        return {from, from + kHidden};
    }

    Tensor x_ = random_tensor({kSteps, kBatch, 2}, 1);
    Tensor w_ = random_tensor({2, 4 * kHidden, 2}, 2);
    Tensor r_ = random_tensor({2, 4 * kHidden, kHidden}, 3);
    Tensor lengths_ = Tensor::of<std::int32_t>({kBatch}, {4, 2});
    Tensor first_ = random_tensor({2, kBatch, kHidden}, 4);
    std::vector<const Tensor*> inputs_{&x_, &w_, &r_, nullptr, &lengths_, &first_};
};

TEST_F(HiddenStatesTest, AreThoseOfTheStepBeforeOfEachDirection) {
    const Node node = lstm("bidirectional");
    HiddenStates states(node, 1);
    const Tensor rows = states.before_steps(inputs_);
    ASSERT_EQ(rows.shape(), (Shape{2, 6, kHidden})) << "4 steps of one sequence, 2 of the other";
    const auto row = [&](std::int64_t direction, std::int64_t at) {
        const auto from = rows.f32().begin() + (direction * 6 + at) * kHidden;
        return std::vector<float>(from, from + kHidden);
    };
    const auto expect = [&](std::int64_t direction, std::int64_t at, std::int64_t step,
                            std::int64_t sequence) {
        const std::vector<float> expected = given(node, step, direction, sequence);
        for (std::size_t i = 0; i < kHidden; ++i) EXPECT_NEAR(row(direction, at)[i], expected[i], 1e-6);
    };
    for (std::int64_t step = 1; step < 4; ++step) expect(0, step, step - 1, 0);
    expect(0, 5, 0, 1);
    for (std::int64_t step = 1; step < 4; ++step) expect(1, step, 4 - step, 0);
    expect(1, 5, 1, 1);
    for (const std::int64_t direction : {0, 1}) {
        const auto from = first_.f32().begin() + (direction * kBatch + 1) * kHidden;
        EXPECT_EQ(row(direction, 4), std::vector<float>(from, from + kHidden));
    }
}

TEST_F(HiddenStatesTest, BeginWithZerosUnlessTheyAreGiven) {
    inputs_[5] = nullptr;
    Node node = lstm("bidirectional");
    node.inputs[5] = "";
    const Tensor rows = HiddenStates(node, 1).before_steps(inputs_);
    for (std::size_t i = 0; i < kHidden; ++i) EXPECT_EQ(rows.f32()[i], 0);
}

TEST_F(HiddenStatesTest, ThatAreResetAreRefused) {
    Node node = lstm("forward");
    node.op = "GRU";
    EXPECT_ERROR(Unsupported, "node \"rnn\": its recurrent weight multiplies states that were reset",
                 HiddenStates(node, 1));
    node.attributes["linear_before_reset"] = std::int64_t{1};
    EXPECT_NO_THROW(HiddenStates(node, 1));
}

}  // namespace
}  // namespace espalier::calibrate
