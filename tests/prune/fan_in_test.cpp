// SRigL's move by hand.
#include "prune/apply/fan_in.h"

#include <algorithm>

#include "support.h"

namespace espalier::prune {
namespace {

Mask mask_of(const Shape& shape, const std::vector<int>& bits) {
    Mask mask(shape, false);
    for (std::size_t i = 0; i < bits.size(); ++i) mask.set(static_cast<std::int64_t>(i), bits[i] != 0);
    return mask;
}

Layout layout(const Shape& shape, int output_axis = 0) {
    return layout_of(Candidate{.name = "w", .shape = shape, .output_axis = output_axis});
}

TEST(FanIn, DropsOfTheLayerAndGrowsOfEveryOutput) {
    // Two outputs of two weights each. K = 2: 0.1 and 0.2 go, both of the second output, which then holds
    // none of the best; its gradients 9 and 8 are the two greatest, so that it is salient and grows them.
    const Mask current = mask_of({2, 4}, {1, 1, 0, 0, 1, 1, 0, 0});
    const std::vector<float> size = {5, 4, 0, 0, 0.1F, 0.2F, 0, 0};
    const std::vector<float> gradient = {1, 1, 3, 2, 1, 1, 9, 8};
    const Layout two = layout({2, 4});
    EXPECT_EQ(with_equal_fan_in(
                  {.layout = two, .current = current, .drop = size, .growth = gradient, .fraction = 0.5}),
              mask_of({2, 4}, {1, 1, 0, 0, 0, 0, 1, 1}));
}

TEST(FanIn, OutputsWithoutWeightThatMattersGoAndTheOthersGetTheirs) {
    // The same, but the great gradients lie in the first output: the second holds nothing of the best, and
    // the first has all four weights.
    const Mask current = mask_of({2, 4}, {1, 1, 0, 0, 1, 1, 0, 0});
    const std::vector<float> size = {5, 4, 0, 0, 0.1F, 0.2F, 0, 0};
    const std::vector<float> gradient = {1, 1, 9, 8, 1, 1, 3, 2};
    const Layout two = layout({2, 4});
    FanInMove move{.layout = two, .current = current, .drop = size, .growth = gradient, .fraction = 0.5};
    EXPECT_EQ(with_equal_fan_in(move), mask_of({2, 4}, {1, 1, 1, 1, 0, 0, 0, 0}));
    move.whole = true;  // an output layer
    EXPECT_EQ(with_equal_fan_in(move), mask_of({2, 4}, {1, 1, 0, 0, 0, 0, 1, 1}));
}

TEST(FanIn, TheFirstMoveMakesEven) {
    // 3 and 1 of 4: two each, the least of the first goes.
    const Mask current = mask_of({2, 4}, {1, 1, 1, 0, 0, 0, 1, 0});
    const std::vector<float> size = {5, 4, 3, 0, 0, 0, 1, 0};
    const std::vector<float> gradient = {1, 1, 1, 1, 1, 2, 1, 7};
    const Layout two = layout({2, 4});
    EXPECT_EQ(with_equal_fan_in({.layout = two, .current = current, .drop = size, .growth = gradient}),
              mask_of({2, 4}, {1, 1, 0, 0, 0, 0, 1, 1}));
}

TEST(FanIn, AlongColumnsWhereTheseAreOutputs) {
    // [inputs, outputs]: each column keeps as many.
    const Mask current = mask_of({4, 2}, {1, 0, 1, 0, 1, 0, 0, 1});
    const std::vector<float> size = {5, 0, 4, 0, 3, 0, 0, 1};
    const std::vector<float> gradient = {1, 9, 1, 1, 1, 1, 1, 1};
    const Layout turned = layout({4, 2}, 1);
    EXPECT_EQ(with_equal_fan_in({.layout = turned, .current = current, .drop = size, .growth = gradient}),
              mask_of({4, 2}, {1, 1, 1, 0, 0, 0, 0, 1}));
}

TEST(FanIn, RegrowKeepsFanInsEqualAndCountsWithinTheLayers) {
    Random random(1, "fan-in");
    std::vector<float> weight(20 * 30);
    std::vector<float> gradient(weight.size());
    for (float& w : weight) w = random.normal();
    for (float& g : gradient) g = random.normal();
    const Candidate candidate{
        .name = "w", .shape = {20, 30}, .weight = weight, .signals = {{"gradient", gradient}}};
    Request request;
    request.weights = {candidate};
    request.criterion = "random";
    request.scope = "layer-wise";
    request.target = {.sparsity = 0.8};
    MaskSet masks = plan(request).masks;
    for (int move = 0; move < 4; ++move) {
        masks = regrow({.weights = {candidate},
                        .current = &masks,
                        .drop_fraction = move == 0 ? 0 : 0.3,
                        .fan_in = true});
        std::vector<std::int64_t> counts(20);
        for (std::int64_t i = 0; i < 600; ++i) counts[static_cast<std::size_t>(i / 30)] += masks.at("w")[i];
        std::erase(counts, 0);
        ASSERT_FALSE(counts.empty());
        EXPECT_EQ(std::ranges::min(counts), std::ranges::max(counts));
        EXPECT_LE(masks.kept(), 120);
        EXPECT_GT(masks.kept(), 100);
    }
}

}  // namespace
}  // namespace espalier::prune
