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

/// Three convolutions that keep so much; how many of them train sparse.
std::size_t sparse_ones(const std::vector<double>& shares) {
    GraphBuilder builder("three", 4);
    std::string x = builder.input("input", {Dim("N"), Dim(20), Dim(9), Dim(9)});
    for (const char* name : {"a", "b", "c"}) x = builder.conv(name, x, 20, {.size = 3}, false);
    builder.output(builder.linear("fc", builder.flatten("flatten", x), 2));
    const Graph graph = std::move(builder).finish();
    prune::MaskSet masks;
    const std::vector<std::string> names = {"a.weight", "b.weight", "c.weight"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (shares[i] == 1) continue;  // without a mask, as with one that keeps everything
        prune::Mask mask(graph.initializers.at(names[i]).shape());
        for (std::int64_t bit = 0; bit < mask.count(); ++bit)
            mask.set(bit, static_cast<double>(bit) < shares[i] * static_cast<double>(mask.count()));
        masks.insert(names[i], std::move(mask));
    }
    Executor executor(graph, {});
    return names.size() - (executor.sparsify(masks, 0.4).size() + names.size() - masks.size());
}

TEST(Lanes, ConvolutionsGoSparseTogether) {
    EXPECT_EQ(sparse_ones({0.4, 1, 1}), 1);  // alone, up to 0.4
    EXPECT_EQ(sparse_ones({0.41, 1, 1}), 0);
    EXPECT_EQ(sparse_ones({0.64, 0.64, 0.64}), 3);  // together, up to 0.65 in the mean
    EXPECT_EQ(sparse_ones({0.66, 0.66, 0.66}), 0);
    EXPECT_EQ(sparse_ones({0.2, 0.2, 0.79}), 3);  // and 0.8 for each
    EXPECT_EQ(sparse_ones({0.2, 0.2, 0.81}), 2);
}

}  // namespace
}  // namespace espalier::train
