// Dense convolutions in lanes against ATen's: values, gradients, second derivatives, and which go there.
#include "train/executor/lanes_conv.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <ostream>

#include "graph/builder.h"
#include "train/executor/executor.h"
#include "train/executor/lanes.h"

namespace espalier::train {
namespace {

struct Case {
    std::array<std::int64_t, 2> kernel = {3, 3}, stride = {1, 1}, dilation = {1, 1};
    std::array<std::int64_t, 4> pads = {1, 1, 1, 1};  // up, left, down, right
    bool bias = true;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.kernel[0] << "x" << c.kernel[1] << " stride " << c.stride[0] << " pads " << c.pads[0]
               << " " << c.pads[1];
}

Window window_of(const Case& c) {
    Window window;
    for (std::size_t i = 0; i < 2; ++i) {
        window.axes.push_back({.kernel = c.kernel[i],
                               .stride = c.stride[i],
                               .dilation = c.dilation[i],
                               .pad_begin = c.pads[i],
                               .pad_end = c.pads[i + 2]});
    }
    return window;
}

at::Tensor theirs(const Case& c, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    const at::Tensor padded = at::constant_pad_nd(x, {c.pads[1], c.pads[3], c.pads[0], c.pads[2]}, 0);
    return at::convolution(padded, weight, bias, c.stride, {0, 0}, c.dilation, false, {0, 0}, 1);
}

std::vector<Case> cases() {
    return {{},
            {.pads = {0, 2, 1, 0}, .bias = false},
            {.stride = {2, 2}},
            {.kernel = {1, 1}, .pads = {0, 0, 0, 0}},
            {.kernel = {1, 1}, .stride = {2, 2}, .pads = {0, 0, 0, 0}, .bias = false},
            {.dilation = {2, 2}, .pads = {2, 2, 2, 2}},
            {.kernel = {5, 3}, .stride = {3, 1}, .dilation = {1, 2}, .pads = {2, 0, 1, 2}},
            // The last window lies before the image's end, and even before the image.
            {.kernel = {2, 3}, .stride = {5, 6}, .dilation = {3, 2}, .pads = {9, 9, 0, 0}}};
}

at::Tensor weight_for(const Case& c, std::int64_t outputs, std::int64_t channels) {
    return (at::randn({channels, outputs, c.kernel[0], c.kernel[1]}) * 0.3)
        .transpose(0, 1)
        .set_requires_grad(true);  // not contiguous
}

TEST(LanesConv, HasTheValuesAndGradientsOfAten) {
    at::manual_seed(6);
    for (const Case& c : cases()) {
        const at::Tensor x = at::randn({17, 5, 9, 8}).set_requires_grad(true);
        const at::Tensor weight = weight_for(c, 6, 5);
        const at::Tensor bias = c.bias ? at::randn({6}).set_requires_grad(true) : at::Tensor();
        std::vector<at::Tensor> of = {x, weight};
        if (c.bias) of.push_back(bias);
        const at::Tensor expected = theirs(c, x, weight, bias);
        ASSERT_TRUE(belongs_in_lanes(to_lanes(x), weight, window_of(c), 1)) << c;
        const at::Tensor got = lanes_conv(x, weight, bias, window_of(c));
        EXPECT_TRUE(is_in_lanes(got) && at::allclose(got, expected, 1e-5, 1e-5)) << c;
        const at::Tensor seed = at::randn(expected.sizes());
        const auto gradients = torch::autograd::grad({(got * seed).sum()}, of);
        const auto correct = torch::autograd::grad({(expected * seed).sum()}, of);
        for (std::size_t i = 0; i < of.size(); ++i)
            EXPECT_TRUE(at::allclose(gradients[i], correct[i], 1e-4, 1e-4)) << i << ": " << c;
        // Each gradient alone, of a loss whose own gradient is one number for all.
        for (const at::Tensor& one : of) {
            const auto alone = torch::autograd::grad(
                {lanes_conv(one.is_same(x) ? x : x.detach(), one.is_same(weight) ? weight : weight.detach(),
                            c.bias && !one.is_same(bias) ? bias.detach() : bias, window_of(c))
                     .sum()},
                {one});
            const auto all = torch::autograd::grad({theirs(c, x, weight, bias).sum()}, {one});
            EXPECT_TRUE(at::allclose(alone[0], all[0], 1e-4, 1e-4)) << c;
        }
    }
}

TEST(LanesConv, HasASecondDerivative) {
    at::manual_seed(7);
    for (const Case& c : cases()) {
        const at::Tensor x = at::randn({9, 3, 7, 8}).set_requires_grad(true);
        const at::Tensor weight = weight_for(c, 4, 3);
        const at::Tensor bias = at::randn({4}).set_requires_grad(true);
        std::vector<at::Tensor> second[2];
        for (const int i : {0, 1}) {
            const at::Tensor y =
                i == 0 ? lanes_conv(x, weight, bias, window_of(c)) : theirs(c, x, weight, bias);
            const auto first = torch::autograd::grad({(y * y * y).sum()}, {x, weight, bias}, {}, {}, true);
            second[i] = torch::autograd::grad(
                {first[0].square().sum() + first[1].sum() + first[2].square().sum()}, {x, weight, bias});
        }
        for (std::size_t i = 0; i < 3; ++i) {
            const double apart = (second[0][i] - second[1][i]).norm().item<double>();
            EXPECT_LE(apart, 1e-4 * second[1][i].norm().item<double>()) << i << ": " << c;
        }
    }
}

TEST(LanesConv, TakesWhatItIsFasterFor) {
    const at::Tensor weight = at::randn({6, 5, 3, 3});
    const at::Tensor x = at::randn({8, 5, 6, 6});
    const Window plain = window_of({});
    const Window strided = window_of({.stride = {2, 2}});
    EXPECT_TRUE(belongs_in_lanes(x, weight, plain, 1));
    EXPECT_FALSE(belongs_in_lanes(x, weight, strided, 1));  // but follows its neighbours
    EXPECT_TRUE(belongs_in_lanes(to_lanes(x), weight, strided, 1));
    EXPECT_FALSE(belongs_in_lanes(x.slice(0, 0, 7), weight, plain, 1));
    EXPECT_FALSE(belongs_in_lanes(x.to(at::kDouble), weight.to(at::kDouble), plain, 1));
    EXPECT_FALSE(belongs_in_lanes(x, at::randn({10, 1, 3, 3}), plain, 5));
    EXPECT_FALSE(belongs_in_lanes(at::randn({8, 5, 1, 1}), weight, plain, 1));
    EXPECT_FALSE(belongs_in_lanes(at::randn({8, 0, 6, 6}), at::randn({6, 0, 3, 3}), plain, 1));
    EXPECT_FALSE(belongs_in_lanes(x, at::randn({0, 5, 3, 3}), plain, 1));
}

/// What does not fit says so, as in a batch that does not go there.
TEST(LanesConv, LeavesToAtenWhatDoesNotFit) {
    GraphBuilder builder("small", 4);
    const std::string x = builder.input("input", {Dim("N"), Dim(3), Dim("H"), Dim("W")});
    const std::string first = builder.conv("first", x, 4, {.size = 3, .pad = 1}, true);
    builder.output(builder.conv("second", first, 2, {.size = 5}, true));
    Executor executor(std::move(builder).finish(), {});
    for (const std::int64_t batch : {4, 9}) {
        EXPECT_EQ(executor.forward(at::randn({batch, 3, 6, 6})).size(2), 2);
        EXPECT_THROW(executor.forward(at::randn({batch, 2, 6, 6})), c10::Error);
        EXPECT_THROW(executor.forward(at::randn({batch, 400, 6, 6})), c10::Error);
        EXPECT_THROW(executor.forward(at::randn({batch, 3, 4, 4})), c10::Error);
    }
}

}  // namespace
}  // namespace espalier::train
