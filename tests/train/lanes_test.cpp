// Images in lanes: gradients that lie as their values do, max pooling, sums of both layouts, and which
// convolutions put images into them.
#include "train/executor/lanes.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "graph/builder.h"
#include "train/executor/executor.h"
#include "train/executor/max_pool.h"

namespace espalier::train {
namespace {

TEST(Lanes, AGradientLiesAsItsValue) {
    const at::Tensor x = at::randn({5, 3, 4, 6}).set_requires_grad(true);
    const at::Tensor lanes = to_lanes(x);
    EXPECT_TRUE(is_in_lanes(lanes) && lanes.equal(x));
    const at::Tensor back = from_lanes(lanes);
    EXPECT_TRUE(back.is_contiguous() && back.equal(x));
    const at::Tensor seed = at::randn(x.sizes());
    const auto gradients = torch::autograd::grad({(back * seed).sum()}, {lanes, x});
    EXPECT_TRUE(is_in_lanes(gradients[0]) && gradients[0].equal(seed));
    EXPECT_TRUE(gradients[1].is_contiguous() && gradients[1].equal(seed));
}

TEST(Lanes, OneOfTwoSummandsDecides) {
    const at::Tensor x = at::randn({5, 3, 4, 6});
    EXPECT_TRUE(is_in_lanes(as_the_other_lies(x, to_lanes(x))));
    EXPECT_FALSE(is_in_lanes(as_the_other_lies(x, x)));
    EXPECT_FALSE(is_in_lanes(as_the_other_lies(at::randn({1, 3, 1, 1}), to_lanes(x))));
}

TEST(Lanes, MaxPoolHasTheValuesAndGradientsOfAten) {
    at::manual_seed(2);
    struct Case {
        std::int64_t kernel, stride, pad, dilation;
        bool ceil;
    };
    for (const Case& c :
         {Case{2, 2, 0, 1, false}, {3, 2, 1, 1, false}, {3, 2, 0, 1, true}, {3, 1, 1, 2, false}}) {
        const at::Tensor x = at::randn({9, 3, 10, 9}).set_requires_grad(true);
        Window window;
        window.axes.assign(2, {.kernel = c.kernel,
                               .stride = c.stride,
                               .dilation = c.dilation,
                               .pad_begin = c.pad,
                               .pad_end = c.pad});
        window.ceil = c.ceil;
        const at::Tensor lanes = to_lanes(x);
        ASSERT_TRUE(has_max_pool(lanes, window));
        ASSERT_FALSE(has_max_pool(x, window));
        const at::Tensor got = max_pool(lanes, window);
        const at::Tensor expected = at::max_pool2d(x, c.kernel, c.stride, c.pad, c.dilation, c.ceil);
        EXPECT_TRUE(is_in_lanes(got) && got.equal(expected));
        const at::Tensor seed = at::randn(expected.sizes());
        const auto dx = torch::autograd::grad({(got * seed).sum()}, {x})[0];
        EXPECT_TRUE(at::allclose(dx, torch::autograd::grad({(expected * seed).sum()}, {x})[0], 1e-6, 1e-6));
    }
}

TEST(Lanes, MaxPoolHasASecondDerivative) {
    at::manual_seed(3);
    const at::Tensor x = at::randn({4, 2, 7, 6}).set_requires_grad(true);
    Window window;
    window.axes.assign(2, {.kernel = 3, .stride = 2, .dilation = 1, .pad_begin = 1, .pad_end = 1});
    at::Tensor second[2];
    for (const int i : {0, 1}) {
        const at::Tensor y = i == 0 ? max_pool(to_lanes(x), window) : at::max_pool2d(x, 3, 2, 1, 1, false);
        const at::Tensor first = torch::autograd::grad({(y * y * y).sum()}, {x}, {}, {}, true)[0];
        second[i] = torch::autograd::grad({first.square().sum()}, {x})[0];
    }
    EXPECT_TRUE(at::allclose(second[0], second[1], 1e-5, 1e-5));
}

/// A network whose images come into lanes and leave them again.
Graph inception() {
    GraphBuilder builder("inception", 4);
    const std::string x = builder.input("input", {Dim("N"), Dim(3), Dim(8), Dim(8)});
    const std::string conv = builder.conv("conv", x, 4, {.size = 3, .pad = 1}, true);
    const std::string both = builder.node({.name = "both",
                                           .op = "Concat",
                                           .inputs = {x, conv},
                                           .outputs = {},
                                           .attributes = {{"axis", std::int64_t{1}}}});
    const std::string pooled =
        builder.average_pool("pooled", builder.relu("relu", both), {.size = 2, .stride = 2});
    const std::string small = builder.conv("small", pooled, 7, {.size = 3, .pad = 1}, true);
    const std::string sum = builder.node(
        {.name = "sum", .op = "Sum", .inputs = {pooled, small, pooled}, .outputs = {}, .attributes = {}});
    const std::string turned = builder.transpose("turned", sum, {0, 2, 3, 1});
    builder.output(builder.linear("fc", builder.flatten("flatten", turned), 2));
    return std::move(builder).finish();
}

TEST(Lanes, OperatorsGetImagesInAnOrderThatTheyTake) {
    at::manual_seed(8);
    const Graph graph = inception();
    Executor executor(graph, {});
    const at::Tensor x = at::randn({9, 3, 8, 8});
    const at::Tensor seed = at::randn({9, 2});
    const auto gradients = [&](std::int64_t batch) {  // of fewer than eight no image lies in lanes
        at::Tensor loss = at::zeros({});
        for (std::int64_t first = 0; first < 9; first += batch) {
            const at::Tensor y = executor.forward(x.slice(0, first, first + batch), {.training = true});
            loss = loss + (y * seed.slice(0, first, first + batch)).sum();
        }
        std::vector<at::Tensor> leaves;
        for (auto& [name, value] : executor.parameters()) leaves.push_back(value);
        return torch::autograd::grad({loss}, leaves);
    };
    const auto in_lanes = gradients(9);
    const auto expected = gradients(3);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_TRUE(at::allclose(in_lanes[i], expected[i], 1e-4, 1e-4)) << i;
}

/// How many of two convolutions, 3x3 and 5x5, train sparse when they keep so much.
std::size_t sparse_ones(double small, double large) {
    GraphBuilder builder("two", 4);
    std::string x = builder.input("input", {Dim("N"), Dim(20), Dim(9), Dim(9)});
    x = builder.conv("small", x, 20, {.size = 3}, false);
    x = builder.conv("large", x, 20, {.size = 5}, false);
    builder.output(builder.linear("fc", builder.flatten("flatten", x), 2));
    const Graph graph = std::move(builder).finish();
    prune::MaskSet masks;
    for (const auto& [name, share] : {std::pair{"small.weight", small}, std::pair{"large.weight", large}}) {
        prune::Mask mask(graph.initializers.at(name).shape());
        for (std::int64_t bit = 0; bit < mask.count(); ++bit)
            mask.set(bit, static_cast<double>(bit) < share * static_cast<double>(mask.count()));
        masks.insert(name, std::move(mask));
    }
    Executor executor(graph, {});
    return masks.size() - executor.sparsify(masks, 0.4).size();
}

TEST(Lanes, AConvolutionGoesSparseWhereDenseIsSlower) {
    EXPECT_EQ(sparse_ones(1, 0.4), 1);
    EXPECT_EQ(sparse_ones(1, 0.41), 0);
    EXPECT_EQ(sparse_ones(0.34, 1), 1);
    EXPECT_EQ(sparse_ones(0.35, 1), 0);
    EXPECT_EQ(sparse_ones(0.34, 0.4), 2);
}

}  // namespace
}  // namespace espalier::train
