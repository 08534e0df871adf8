// Weights that are several matrices, or lie in another order: against the same weights laid out by hand.
#include <gtest/gtest.h>

#include <numeric>

#include "base/expect_error.h"
#include "espalier/prune.h"

namespace espalier::prune {
namespace {

std::vector<float> counting(std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 1.0F);
    return values;
}

Request request_of(Candidate candidate, const std::string& granularity, double sparsity,
                   const std::string& scope = "layer-wise") {
    Request request;
    request.weights = {std::move(candidate)};
    request.granularity = granularity;
    request.scope = scope;
    request.target.sparsity = sparsity;
    return request;
}

std::vector<float> kept(const Request& request) { return plan(request).masks.at("w").to_floats(); }

/// A channel of a grouped convolution is read by its own group alone: 4 of them, not 2.
TEST(Groups, AChannelIsOneInput) {
    const auto values = counting(8);  // [4, 2]: outputs 0, 1 see channels 0, 1, outputs 2, 3 channels 2, 3
    const Candidate grouped{.name = "w", .shape = {4, 2, 1}, .weight = values, .form = {.groups = 2}};
    const Plan planned = plan(request_of(grouped, "channel", 0.25));
    EXPECT_EQ(planned.layers[0].units, 4);
    EXPECT_EQ(planned.masks.at("w").to_floats(), (std::vector<float>{0, 1, 0, 1, 1, 1, 1, 1}));
    const auto depthwise = counting(6);
    EXPECT_EQ(plan(request_of({.name = "w", .shape = {3, 1, 2}, .weight = depthwise, .form = {.groups = 3}},
                              "channel", 0))
                  .layers[0]
                  .units,
              3);
}

/// Of a transposed convolution [inputs, outputs a group]: a filter lies in the rows of its group.
TEST(Groups, AFilterOfInputsFirstIsOneOutput) {
    const auto values = counting(8);
    const Candidate grouped{
        .name = "w", .shape = {4, 2, 1}, .weight = values, .output_axis = 1, .form = {.groups = 2}};
    const Plan planned = plan(request_of(grouped, "filter", 0.25));
    EXPECT_EQ(planned.layers[0].units, 4);
    EXPECT_EQ(planned.masks.at("w").to_floats(), (std::vector<float>{0, 1, 0, 1, 1, 1, 1, 1}));
    EXPECT_ERROR(InvalidArgument, "3 groups do not divide \"w\"",
                 plan(request_of({.name = "w", .shape = {4, 2}, .weight = values, .form = {.groups = 3}},
                                 "filter", 0)));
}

/// Layer-wise every gate loses its half, though the first holds the smallest numbers; globally the first
/// goes.
TEST(Parts, EachIsALayerOfItsOwn) {
    const auto values = counting(8);
    const Candidate gates{
        .name = "w", .shape = {1, 4, 2}, .weight = values, .form = {.shape = {4, 2}, .parts = {"i", "o"}}};
    const Plan planned = plan(request_of(gates, "element", 0.5));
    EXPECT_EQ(planned.masks.at("w").shape(), (Shape{1, 4, 2}));
    EXPECT_EQ(planned.masks.at("w").to_floats(), (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
    ASSERT_EQ(planned.layers.size(), 2U);
    EXPECT_EQ(planned.layers[1].name, "w[o]");
    EXPECT_EQ(planned.layers[1].kept, 2);
    EXPECT_EQ(kept(request_of(gates, "filter", 0.5)), (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
    Request floor_off = request_of(gates, "element", 0.5, "global");
    floor_off.floor = 0;
    EXPECT_EQ(kept(floor_off), (std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST(Parts, HaveTargetsByTheirOwnNameOrTheWhole) {
    const auto values = counting(8);
    const Candidate gates{.name = "w", .shape = {4, 2}, .weight = values, .form = {.parts = {"i", "o"}}};
    Request request = request_of(gates, "element", 0);
    request.layer_targets = {{"w", 0.5}, {"w[o]", 0.25}};
    EXPECT_EQ(kept(request), (std::vector<float>{0, 0, 1, 1, 0, 1, 1, 1}));
    request.layer_targets = {{"v", 0.5}};
    EXPECT_ERROR(InvalidArgument, "\"v\" is not known", plan(request));
}

/// What is gone stays gone, and masks of other weights are handed on.
TEST(Parts, GoOnFromTheCurrentMask) {
    const auto values = counting(8);
    Mask mask(Shape{4, 2});
    mask.set(7, false);
    MaskSet current;
    current.insert("w", mask);
    current.insert("other", Mask(Shape{3}, false));
    Request request = request_of(
        {.name = "w", .shape = {4, 2}, .weight = values, .form = {.parts = {"i", "o"}}}, "element", 0.5);
    request.current = &current;
    const Plan planned = plan(request);
    EXPECT_EQ(planned.masks.at("w").to_floats(), (std::vector<float>{0, 0, 1, 1, 0, 1, 1, 0}));
    EXPECT_EQ(planned.masks.at("other").kept(), 0);
}

/// Kernels of [height, inputs, outputs] in memory, read as [outputs, inputs, height]: a filter is a column.
TEST(Order, IsThatOfTheLayer) {
    const auto values = counting(12);  // [2, 2, 3]
    const Candidate turned{.name = "w",
                           .shape = {2, 2, 3},
                           .weight = values,
                           .form = {.shape = {3, 2, 2}, .memory = {2, 2, 3}, .order = {2, 1, 0}}};
    EXPECT_EQ(kept(request_of(turned, "filter", 1.0 / 3)),
              (std::vector<float>{0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1}));
    // Input 0 is rows 0 and 2 of the memory's four.
    EXPECT_EQ(kept(request_of(turned, "channel", 0.5)),
              (std::vector<float>{0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1}));
    Candidate wrong = turned;
    wrong.form.memory = {2, 3};
    EXPECT_ERROR(InvalidArgument, "form of \"w\" does not fit its shape",
                 plan(request_of(wrong, "filter", 0.5)));
}

}  // namespace
}  // namespace espalier::prune
