// The sliced fully connected layer against at::linear: values, gradients, gradients of gradients.
#include "train/executor/linear.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace espalier::train {
namespace {

struct Shapes {
    std::int64_t examples, inputs, outputs;
};

class LinearTest : public ::testing::TestWithParam<Shapes> {
  protected:
    LinearTest() {
        set_threads(2);
        at::manual_seed(1);
        const auto [examples, inputs, outputs] = GetParam();
        x_ = at::randn({examples, inputs}, at::kDouble).set_requires_grad(true);
        w_ = at::randn({outputs, inputs}, at::kDouble).set_requires_grad(true);
        bias_ = at::randn({outputs}, at::kDouble).set_requires_grad(true);
        seed_ = at::randn({examples, outputs}, at::kDouble);
    }

    using Layer = at::Tensor (*)(const at::Tensor&, const at::Tensor&, const at::Tensor&);

    std::vector<at::Tensor> gradients(Layer layer, const at::Tensor& bias) const {
        std::vector<at::Tensor> leaves = {x_, w_};
        if (bias.defined()) leaves.push_back(bias);
        return torch::autograd::grad({(layer(x_, w_, bias).sin() * seed_).sum()}, leaves);
    }

    /// d/dp of the squared length of the gradient of w.
    std::vector<at::Tensor> second_gradients(Layer layer) const {
        const at::Tensor loss = (layer(x_, w_, bias_).sin() * seed_).sum();
        const auto first = torch::autograd::grad({loss}, {w_}, {}, true, true);
        return torch::autograd::grad({first[0].square().sum()}, {x_, w_, bias_});
    }

    static at::Tensor reference(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias) {
        return at::linear(x, w, bias);
    }

    at::Tensor x_, w_, bias_, seed_;
};

void expect_close(const std::vector<at::Tensor>& got, const std::vector<at::Tensor>& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i)
        EXPECT_LT((got[i] - expected[i]).norm().item<double>(), 1e-12 * expected[i].norm().item<double>())
            << "gradient " << i;
}

TEST_P(LinearTest, HasTheValuesOfOneProduct) {
    EXPECT_TRUE(at::allclose(train::linear(x_, w_, bias_), at::linear(x_, w_, bias_), 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(train::linear(x_, w_, at::Tensor()), at::linear(x_, w_), 1e-12, 1e-12));
}

TEST_P(LinearTest, HasItsGradients) {
    expect_close(gradients(train::linear, bias_), gradients(reference, bias_));
    expect_close(gradients(train::linear, at::Tensor()), gradients(reference, at::Tensor()));
}

TEST_P(LinearTest, HasItsSecondGradients) {
    expect_close(second_gradients(train::linear), second_gradients(reference));
}

TEST_P(LinearTest, GivesTheSameBitsEachTime) {
    EXPECT_TRUE(at::equal(train::linear(x_, w_, bias_), train::linear(x_, w_, bias_)));
}

// Odd sizes, a batch of one, one output, and one below the least work that is shared.
INSTANTIATE_TEST_SUITE_P(Shapes, LinearTest,
                         ::testing::Values(Shapes{128, 784, 30}, Shapes{1, 2049, 1025}, Shapes{33, 4001, 17},
                                           Shapes{1025, 1024, 1}, Shapes{4, 5, 3}));

}  // namespace
}  // namespace espalier::train
