// Units of every granularity, by hand and against the definition in terms of outputs, inputs and kernel
// positions.
#include "prune/scope.h"
#include "support.h"

namespace espalier::prune {
namespace {

/// A network of one weight whose values are 1, 2, 3, ... in memory.
struct Counting {
    explicit Counting(Shape shape, int output_axis = 0) {
        for (std::int64_t i = 0; i < element_count(shape); ++i) values.push_back(static_cast<float>(i + 1));
        candidate = {.name = "w", .shape = std::move(shape), .weight = values, .output_axis = output_axis};
    }
    std::vector<float> values;
    Candidate candidate;
};

Request request_of(const Candidate& candidate, const std::string& granularity, Target target) {
    Request request;
    request.weights = {candidate};
    request.granularity = granularity;
    request.target = target;
    return request;
}

std::vector<float> kept(const Request& request) { return plan(request).masks.at("w").to_floats(); }

TEST(Units, ScoresAreThoseOfTheDefinition) {
    const std::vector<std::pair<Shape, int>> shapes = {
        {{6, 8}, 0}, {{7, 5}, 0}, {{8, 6}, 1}, {{5}, 0}, {{4, 6, 3, 3}, 0}, {{6, 4, 2, 3}, 1}, {{}, 0}};
    const std::vector<std::string> granularities = {
        "element", "vector 1x2", "vector 1x3", "vector 3x1", "block 4x1",     "block 2x3", "block 3x5",
        "kernel",  "channel",    "filter",     "head 2",     "head 2 inputs", "layer"};
    int compared = 0;
    for (const auto& [shape, axis] : shapes) {
        const Counting weight(shape, axis);
        for (const std::string& granularity : granularities) {
            std::vector<float> scores;
            try {
                scores = scores_of(weight.candidate, "magnitude", granularity, "l1");
            } catch (const InvalidArgument&) {
                continue;  // does not fit this shape; the tests below say which may not
            }
            ++compared;
            const auto units = units_by_definition(weight.candidate, granularity);
            std::vector<double> sums(scores.size());
            std::vector<double> sizes(scores.size());
            for (std::size_t i = 0; i < units.size(); ++i) {
                ASSERT_LT(static_cast<std::size_t>(units[i]), sums.size()) << granularity << to_string(shape);
                sums[static_cast<std::size_t>(units[i])] += static_cast<double>(weight.values[i]);
                ++sizes[static_cast<std::size_t>(units[i])];
            }
            // The first unit is a whole one, and those at edges count as such.
            std::vector<float> expected;
            for (std::size_t u = 0; u < sums.size(); ++u)
                expected.push_back(static_cast<float>(sums[u] * (sizes[0] / sizes[u])));
            EXPECT_EQ(scores, expected)
                << granularity << " of " << to_string(shape) << ", output axis " << axis;
        }
    }
    EXPECT_GT(compared, 60);
}

TEST(Units, LongOnesAreSummedInPieces) {
    // 5,000 columns: more than fit a piece of scores, and not a multiple of anything.
    const Counting weight({3, 5000});
    EXPECT_EQ(scores_of(weight.candidate, "magnitude", "filter", "max"),
              (std::vector<float>{5000, 10000, 15000}));
    const std::vector<float> means = scores_of(weight.candidate, "magnitude", "filter", "mean");
    EXPECT_EQ(means, (std::vector<float>{2500.5F, 7500.5F, 12500.5F}));
    const std::vector<float> blocks = scores_of(weight.candidate, "magnitude", "block 2x4999", "mean");
    EXPECT_EQ(blocks, (std::vector<float>{5000, 7500, 12500, 15000}));
}

TEST(UnitNorms, ByHand) {
    const std::vector<float> values = {3, -4, 0, 1, -1, 1};
    const Candidate candidate{.name = "w", .shape = {2, 3}, .weight = values};
    EXPECT_EQ(scores_of(candidate, "magnitude", "filter", "l1"), (std::vector<float>{7, 3}));
    EXPECT_EQ(scores_of(candidate, "magnitude", "filter", "l2"), (std::vector<float>{5, std::sqrt(3.0F)}));
    EXPECT_EQ(scores_of(candidate, "magnitude", "filter", "mean"), (std::vector<float>{7 / 3.0F, 1}));
    EXPECT_EQ(scores_of(candidate, "magnitude", "filter", "max"), (std::vector<float>{4, 1}));
}

TEST(UnitNorms, KeepTheSignOfSignedScores) {
    const std::vector<float> movement = {3, -4, 0, -1, -1, -2};
    const std::vector<float> weight(6, 1.0F);
    const Candidate candidate{
        .name = "w", .shape = {2, 3}, .weight = weight, .signals = {{"movement", movement}}};
    EXPECT_EQ(scores_of(candidate, "movement", "filter", "l1"), (std::vector<float>{-1, -4}));
    EXPECT_EQ(scores_of(candidate, "movement", "filter", "l2"),
              (std::vector<float>{-std::sqrt(7.0F), -std::sqrt(6.0F)}));
    EXPECT_EQ(scores_of(candidate, "movement", "filter", "max"), (std::vector<float>{3, -1}));
}

TEST(UnitNorms, ThoseAtEdgesCountAsWhole) {
    // Three rows in blocks of two: the last block has one row. And five columns in runs of two.
    const std::vector<float> ones(15, 1.0F);
    const Candidate candidate{.name = "w", .shape = {3, 5}, .weight = ones};
    const float root = std::sqrt(2.0F);
    for (const std::string granularity : {"2x1", "vector 1x2"}) {
        const auto scores = [&](const std::string& norm) {
            std::vector<float> all = scores_of(candidate, "magnitude", granularity, norm);
            std::ranges::sort(all);
            return std::pair(all.front(), all.back());
        };
        EXPECT_EQ(scores("l1"), std::pair(2.0F, 2.0F)) << granularity;
        EXPECT_EQ(scores("l2"), std::pair(root, root)) << granularity;
        EXPECT_EQ(scores("mean"), std::pair(1.0F, 1.0F)) << granularity;
        EXPECT_EQ(scores("max"), std::pair(1.0F, 1.0F)) << granularity;
    }
    // What is gone stays gone: half of the last block counts half.
    Mask current({3, 5});
    current.set(0, false);
    current.set(10, false);
    current.set(11, false);
    const std::vector<float> left = scores_of(candidate, "magnitude", "block 2x2", "l1", &current);
    EXPECT_EQ(left, (std::vector<float>{3, 4, 4, kPrunedScore, 4, 4}));
}

TEST(UnitNorms, CountOnlyWhatIsLeft) {
    const std::vector<float> values = {8, 100, 2, 3, 5, 100};
    const Candidate candidate{.name = "w", .shape = {2, 3}, .weight = values};
    Mask current({2, 3});
    current.set(1, false);
    current.set(5, false);
    EXPECT_EQ(scores_of(candidate, "magnitude", "filter", "l1", &current), (std::vector<float>{10, 8}));
    EXPECT_EQ(scores_of(candidate, "magnitude", "filter", "mean", &current), (std::vector<float>{5, 4}));
    EXPECT_EQ(scores_of(candidate, "magnitude", "filter", "max", &current), (std::vector<float>{8, 5}));
    EXPECT_EQ(scores_of(candidate, "magnitude", "channel", "l1", &current), (std::vector<float>{11, 5, 2}));
}

TEST(Pattern, KeepsTheBestOfEachGroup) {
    const std::vector<float> values = {1, 5, 3, 2, 9, -9, 9, 9, 0, 0, 0, 0};
    const Candidate candidate{.name = "w", .shape = {1, 12}, .weight = values};
    EXPECT_EQ(kept(request_of(candidate, "2:4", {})),
              (std::vector<float>{0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0}));
    EXPECT_EQ(kept(request_of(candidate, "1:4", {})),
              (std::vector<float>{0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}));
    EXPECT_EQ(kept(request_of(candidate, "4:4", {})), std::vector<float>(12, 1));
    EXPECT_EQ(kept(request_of(candidate, "1:6", {})),
              (std::vector<float>{0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0}));
}

TEST(Pattern, AShortLastGroupKeepsMinOfNAndItsSize) {
    const Counting weight({2, 7});
    EXPECT_EQ(kept(request_of(weight.candidate, "2:4", {})),
              (std::vector<float>{0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1}));
    EXPECT_EQ(kept(request_of(weight.candidate, "4:8", {})),
              (std::vector<float>{0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1}));
    const Counting narrow({2, 1});
    EXPECT_EQ(kept(request_of(narrow.candidate, "2:4", {})), (std::vector<float>{1, 1}));
}

TEST(Pattern, RunsAlongInputChannelsOfAConvolution) {
    // 4 input channels of 2 positions: weight (i, k) is 2 i + k + 1, so channels 2 and 3 are the larger ones.
    const Counting weight({1, 4, 2});
    EXPECT_EQ(kept(request_of(weight.candidate, "2:4", {})), (std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1}));
    const Counting turned({4, 1, 2}, 1);
    EXPECT_EQ(kept(request_of(turned.candidate, "2:4", {})), (std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST(Pattern, WhatIsPrunedStaysPrunedAndTakesNoPlace) {
    const Counting weight({1, 8});
    MaskSet current;
    Mask mask({1, 8});
    for (const int gone : {2, 3, 4, 5, 6}) mask.set(gone, false);
    current.insert("w", mask);
    Request request = request_of(weight.candidate, "2:4", {});
    request.current = &current;
    EXPECT_EQ(kept(request), (std::vector<float>{1, 1, 0, 0, 0, 0, 0, 1}));
}

/// N:M against sorting each group, for shapes that take every path: vectors, batches, long groups, columns.
TEST(Pattern, AgreesWithSortingEachGroup) {
    struct Case {
        Shape shape;
        int axis;
        std::int64_t n, m;
    };
    const std::vector<Case> cases = {
        {{3, 64}, 0, 2, 4},     {{5, 37}, 0, 2, 4},       {{7, 1000}, 0, 1, 16}, {{2, 9000}, 0, 3, 8},
        {{2, 300}, 0, 40, 100}, {{3, 10, 3, 3}, 0, 2, 4}, {{33, 50}, 1, 2, 4},   {{10, 6, 3, 3}, 1, 1, 4},
        {{64, 3000}, 1, 5, 7},  {{4, 2, 70, 70}, 0, 1, 2}};
    for (const auto& [shape, axis, n, m] : cases) {
        std::vector<float> values = normal_values(element_count(shape), 11);
        for (float& value : values) value = std::round(4 * value) / 4;  // many ties
        const Candidate candidate{.name = "w", .shape = shape, .weight = values, .output_axis = axis};
        std::map<std::vector<std::int64_t>, std::vector<std::size_t>> groups;
        const std::vector<Place> places = places_of(candidate);
        for (std::size_t i = 0; i < places.size(); ++i) {
            groups[{places[i].output, places[i].position, places[i].input / m}].push_back(i);
        }
        std::vector<float> expected(values.size());
        for (auto& [key, members] : groups) {
            std::ranges::stable_sort(members, [&](std::size_t a, std::size_t b) {
                return std::abs(values[a]) > std::abs(values[b]);
            });
            for (std::size_t i = 0; i < members.size() && i < static_cast<std::size_t>(n); ++i)
                expected[members[i]] = 1;
        }
        Request request = request_of(candidate, std::to_string(n) + ":" + std::to_string(m), {});
        request.threads = 3;
        EXPECT_EQ(kept(request), expected) << n << ":" << m << " of " << to_string(shape);
    }
}

TEST(Pattern, SaysThatItFixesHowMuchGoes) {
    const Counting weight({2, 8});
    const Plan same = plan(request_of(weight.candidate, "2:4", {.sparsity = 0.5}));
    ASSERT_EQ(same.notes.size(), 1U);
    EXPECT_NE(same.notes[0].find("50 % of every layer: what the target asks for, too"), std::string::npos);
    EXPECT_TRUE(plan(request_of(weight.candidate, "2:4", {})).notes.empty());
    const Plan other = plan(request_of(weight.candidate, "2:4", {.rate = 0.2}));
    ASSERT_EQ(other.notes.size(), 1U);
    EXPECT_NE(other.notes[0].find(
                  "\"2:4\" itself decides how much goes, 50 % of every layer: the target is ignored"),
              std::string::npos)
        << other.notes[0];
    EXPECT_EQ(other.masks.kept(), 8);
}

TEST(Blocks, GoWhole) {
    const Counting weight({4, 4});
    Request request = request_of(weight.candidate, "block 2x2", {.sparsity = 0.5});
    EXPECT_EQ(kept(request), (std::vector<float>{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}));
    request.granularity = "vector 4x1";
    EXPECT_EQ(kept(request), (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST(Blocks, AtTheEdgeAreSmallerAndCountAsWhatTheyHold) {
    // 3 x 3 in blocks of 2 x 2: 4, 2, 2 and 1 weights. All weights are equal, so the last go first: 1 + 2 of
    // 4 fit.
    const std::vector<float> values(9, 1.0F);
    const Candidate candidate{.name = "w", .shape = {3, 3}, .weight = values};
    Request request = request_of(candidate, "block 2x2", {.weights = 5});
    request.unit_norm = "mean";
    const Plan result = plan(request);
    EXPECT_EQ(result.masks.at("w").to_floats(), (std::vector<float>{1, 1, 1, 1, 1, 1, 0, 0, 0}));
    EXPECT_EQ(result.layers[0].units, 4);
    EXPECT_EQ(result.layers[0].units_kept, 2);
}

TEST(Heads, AreEqualPartsOfOutputsOrInputs) {
    const Counting weight({4, 6});
    Request request = request_of(weight.candidate, "head 2", {.sparsity = 0.5});
    std::vector<float> expected(24, 1);
    std::fill_n(expected.begin(), 12, 0.0F);
    EXPECT_EQ(kept(request), expected);
    request.granularity = "head 3 inputs";
    request.target = {.sparsity = 0.4};
    EXPECT_EQ(plan(request).layers[0].units_kept, 2);
    EXPECT_EQ(kept(request)[0], 0);
    EXPECT_EQ(kept(request)[1], 0);
    EXPECT_EQ(kept(request)[2], 1);
}

TEST(Layers, GoAltogether) {
    const std::vector<Layer> layers = {{"small", {2, 2}, {1, 1, 1, 1}}, {"large", {2, 2}, {2, 2, 2, 2}}};
    Request request = request_for(layers);
    request.granularity = "layer";
    request.target.sparsity = 0.5;
    const Plan result = plan(request);
    EXPECT_EQ(result.masks.at("small").kept(), 0);
    EXPECT_EQ(result.masks.at("large").kept(), 4);
}

TEST(Iterations, TheSameUnitsAreFoundInMasksOfTheSameGranularity) {
    // Even blocks, in rounds: the second round starts from whole units only, in an even and an uneven shape.
    for (const Shape& shape : {Shape{8, 8}, Shape{9, 7}}) {
        const std::vector<float> values = normal_values(element_count(shape), 2);
        const Candidate candidate{.name = "w", .shape = shape, .weight = values};
        MaskSet current;
        Request request = request_of(candidate, "block 4x2", {.rate = 0.3});
        std::int64_t before = element_count(shape);
        for (int round = 0; round < 4; ++round) {
            const Plan result = plan(request);
            const std::int64_t asked = static_cast<std::int64_t>(0.3 * static_cast<double>(before));
            const std::int64_t cut = before - result.masks.kept();
            EXPECT_LE(cut, asked);
            EXPECT_GT(cut, asked - 8);
            before = result.masks.kept();
            current = result.masks;
            request.current = &current;
        }
    }
}

TEST(Granularity, SizesAloneAreBlocks) {
    EXPECT_EQ(parse_grain("4x1").granularity.name, "block");
    EXPECT_EQ(parse_grain("32x2").arguments.a, 32);
    EXPECT_EQ(parse_grain("32x2").arguments.b, 2);
    for (const char* wrong : {"x4", "4x", "4x-1", "4x1x1", "ax1"})
        EXPECT_THROW(parse_grain(wrong), InvalidArgument) << wrong;
}

/// An output layer of 10 has no group of 16: it is cut in the one that fits, and that is said.
TEST(Granularity, ANarrowLayerIsCutInWhatFits) {
    const Counting narrow({10, 8});
    const Counting wide({32, 8});
    Candidate second = wide.candidate;
    second.name = "wide";
    Request request = request_of(narrow.candidate, "16x1", {.sparsity = 0.5});
    request.weights.push_back(second);
    request.scope = "layer-wise";
    const Plan result = plan(request);
    EXPECT_EQ(result.layers[0].units, 8);
    EXPECT_EQ(result.layers[0].units_kept, 4);
    EXPECT_EQ(result.layers[1].units, 16);
    ASSERT_EQ(result.notes.size(), 1U);
    EXPECT_EQ(result.notes[0], "1 weight has no room for granularity \"16x1\", cut in 10x1: w");
    const auto size_of_units = [](const Candidate& candidate, const std::string& granularity) {
        const Grain grain = parse_grain(granularity);
        const Layout layout = layout_of(candidate);
        return fitted_size(grain, grain.granularity.tile(grain.arguments, candidate, layout), layout);
    };
    EXPECT_EQ(size_of_units(narrow.candidate, "block 1x101"), "1x8");
    EXPECT_EQ(size_of_units(narrow.candidate, "vector 16x1"), "10x1");
    EXPECT_EQ(size_of_units(narrow.candidate, "4x4"), "");
    EXPECT_EQ(size_of_units(Counting({8, 10}, 1).candidate, "16x4"), "10x4");
    // Outputs of different groups of a convolution read different inputs.
    Counting depthwise({32, 1, 3, 3});
    depthwise.candidate.form = {.groups = 32};
    EXPECT_EQ(size_of_units(depthwise.candidate, "4x1"), "1x1");
    Counting grouped({24, 4, 1, 1});
    grouped.candidate.form = {.groups = 2};
    EXPECT_EQ(size_of_units(grouped.candidate, "8x1"), "4x1");
    EXPECT_EQ(size_of_units(grouped.candidate, "4x1"), "");
    const Counting transposed({4, 4, 3, 3}, 1);  // of ConvTranspose: outputs lie a kernel apart
    EXPECT_EQ(size_of_units(transposed.candidate, "2x2"), "1x2");
    EXPECT_EQ(size_of_units(transposed.candidate, "4x1"), "1x1");
}

TEST(BadGranularity, OneClearLineEach) {
    const Counting weight({10, 100});
    const auto refused = [&](const std::string& granularity, const std::string& why) {
        expect_plan_refused(request_of(weight.candidate, granularity, {.sparsity = 0.5}), why);
    };
    refused("4:2", "granularity \"4:2\": 4 of 2 weights cannot be kept, expected \"N:M\" as in \"2:4\"");
    refused("0:4", "\"0\" is not a number from 1");
    refused("2:", "\"\" is not a number from 1");
    refused("2:4:8", "\"4:8\" is not a number from 1");
    refused("block", "\"\" has no 'x', expected \"block RxC\" as in \"block 4x1\"");
    refused("block 4", "\"4\" has no 'x'");
    refused("block 4x-1", "\"-1\" is not a number from 1");
    refused("vector 2x4", "one of the two must be 1");
    refused("head 3", "3 heads do not divide the 10 outputs of \"w\"");
    refused("head 3 inputs", "3 heads do not divide the 100 inputs of \"w\"");
    refused("head 2 outputs", "\"outputs\" is not \"inputs\"");
    refused("element 4", "it takes no arguments, got \"4\"");
    refused("elemnt", "granularity \"elemnt\" is not known; did you mean \"element\"?");
    const Counting flat({8}, 1);
    expect_plan_refused(request_of(flat.candidate, "element", {.sparsity = 0.5}),
                        "has no dimension 1 that could count outputs");
}

}  // namespace
}  // namespace espalier::prune
