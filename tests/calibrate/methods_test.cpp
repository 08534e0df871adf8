// Reconstruction: hand computations, counts, and which method leaves the smaller error.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "calibrate/choose/column_groups.h"
#include "calibrate/choose/least_squares.h"
#include "calibrate/reconstruction.h"

namespace espalier::calibrate {
namespace {

/// Rows whose columns depend on each other.
Gram gram_of(std::int64_t rows, std::int64_t width, std::uint64_t seed) {
    Random random(seed, "rows");
    std::vector<double> x(static_cast<std::size_t>(rows * width));
    for (std::int64_t r = 0; r < rows; ++r) {
        const double common = random.uniform();
        for (std::int64_t j = 0; j < width; ++j)
            x[static_cast<std::size_t>(r * width + j)] =
                (random.uniform() + common) * (1 + static_cast<double>(j % 5));
    }
    const auto n = static_cast<std::size_t>(width);
    Gram gram{
        .width = width, .rows = rows, .products = std::vector<double>(n * n), .sums = std::vector<double>(n)};
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
        for (std::size_t i = 0; i < n; ++i) {
            gram.sums[i] += x[r * n + i];
            for (std::size_t j = 0; j < n; ++j) gram.products[i * n + j] += x[r * n + i] * x[r * n + j];
        }
    }
    return gram;
}

LayerProblem problem(const Gram& gram, std::int64_t outputs, std::uint64_t seed) {
    LayerProblem layer;
    layer.name = "w";
    layer.outputs = outputs;
    layer.inputs = gram.width;
    layer.gram = &gram;
    layer.threads = 2;
    Random random(seed, "weight");
    layer.before.resize(static_cast<std::size_t>(outputs * gram.width));
    for (float& value : layer.before) value = static_cast<float>(random.uniform()) - 0.5F;
    layer.weight = layer.before;
    layer.keep.assign(layer.before.size(), 1);
    layer.kept = std::ssize(layer.before) / 2;
    return layer;
}

std::int64_t kept_of(const LayerProblem& layer) {
    return std::accumulate(layer.keep.begin(), layer.keep.end(), std::int64_t{0});
}

double error_of(const LayerProblem& layer) { return squares_of(layer).error; }

/// The half with the smallest |w| |x| goes: Wanda.
void cut_by_score(LayerProblem& layer) {
    std::vector<float> scores(layer.weight.size());
    for (std::size_t i = 0; i < scores.size(); ++i)
        scores[i] = layer.weight[i] * layer.weight[i] *
                    static_cast<float>(layer.gram->squares(static_cast<std::int64_t>(i) % layer.inputs));
    choose(layer, 0, layer.inputs, scores, std::ssize(layer.before) - layer.kept);
    apply_mask(layer);
}

// X'X = [2 1; 1 2], w0 = (1, 1), the second goes: w = (A w0)_1 / A_11 = 3 / 2, and the error is
// |(1/2, -1)|_A^2 = 1/4 * 2 - 1 + 2 = 3/2.
TEST(Methods, LeastSquaresByHand) {
    const Gram gram{.width = 2, .rows = 3, .products = {2, 1, 1, 2}, .sums = {0, 0}};
    LayerProblem layer = problem(gram, 1, 1);
    layer.before = layer.weight = {1, 1};
    layer.keep = {1, 0};
    layer.damping = 0;
    reconstructions().get("refit").run(layer);
    EXPECT_NEAR(layer.weight[0], 1.5, 1e-6);
    EXPECT_EQ(layer.weight[1], 0);
    EXPECT_NEAR(error_of(layer), 1.5, 1e-6);
    EXPECT_NEAR(squares_of(layer).output, 6, 1e-6);
}

// A^-1 = [2 -1; -1 2] / 3 = U'U: U_11^2 = 2/3, U_12 = -1/3 / U_11, U_22^2 = 1/2. Of w = (1, 2) the scores are
// 1 / (2/3) and 4 / (1/2), so the first goes, and the second takes 1 / (2/3) * 1/3 = 1/2, which is the best
// there is: (A w)_2 / A_22 = 5/2. The error is the score.
TEST(Methods, SparseGptByHand) {
    const Gram gram{.width = 2, .rows = 3, .products = {2, 1, 1, 2}, .sums = {0, 0}};
    LayerProblem layer = problem(gram, 1, 1);
    layer.before = layer.weight = {1, 2};
    layer.kept = 1;
    layer.damping = 0;
    reconstructions().get("sparsegpt").run(layer);
    EXPECT_EQ(layer.keep, (std::vector<std::uint8_t>{0, 1}));
    EXPECT_EQ(layer.weight[0], 0);
    EXPECT_NEAR(layer.weight[1], 2.5, 1e-6);
    EXPECT_NEAR(error_of(layer), 1.5, 1e-5);
}

// Three outputs in units of two: the last one, alone in its unit, has the greatest scores and stays.
TEST(Methods, AUnitAtTheEdgeIsNotCutForItsSize) {
    const Gram gram{.width = 2, .rows = 2, .products = {1, 0, 0, 1}, .sums = {0, 0}};
    LayerProblem layer = problem(gram, 3, 1);
    layer.units = {.rows = 2};
    EXPECT_EQ(choose(layer, 0, 2, {1, 2, 1, 2, 1.5F, 2.5F}, 2), 2);
    EXPECT_EQ(layer.keep, (std::vector<std::uint8_t>{0, 1, 0, 1, 1, 1}));
}

TEST(Methods, EveryMethodThatChoosesKeepsExactlyWhatIsAsked) {
    const Gram gram = gram_of(200, 150, 1);
    for (const Reconstruction* method : reconstructions()) {
        if (!method->chooses) continue;
        for (const Units& units :
             {Units{}, Units{.rows = 4}, Units{.rows = 1, .cols = 3}, Units{.rows = 2, .cols = 5}}) {
            LayerProblem layer = problem(gram, 20, 2);
            layer.units = units;
            layer.kept = 1200;
            method->run(layer);
            const std::int64_t unit = units.rows * units.cols;
            EXPECT_GE(kept_of(layer), 1200) << method->name;
            EXPECT_LT(kept_of(layer), 1200 + unit) << method->name;
            for (std::size_t i = 0; i < layer.keep.size(); ++i)
                if (layer.keep[i] == 0) {
                    ASSERT_EQ(layer.weight[i], 0);
                }
        }
    }
}

TEST(Methods, PatternsHoldInEveryGroupAndRun) {
    const Gram gram = gram_of(200, 42, 1);
    for (const Reconstruction* method : reconstructions()) {
        if (!method->chooses) continue;
        LayerProblem layer = problem(gram, 8, 2);
        layer.units = {.n = 2, .m = 4, .run = 14};  // 4, 4, 4, 2 columns, three times
        method->run(layer);
        const std::vector<std::int64_t> groups = column_groups(layer.units, 42);
        EXPECT_EQ(groups.size(), 13U);
        for (std::int64_t o = 0; o < 8; ++o) {
            for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
                std::int64_t kept = 0;
                for (std::int64_t j = groups[g]; j < groups[g + 1]; ++j) kept += layer.keep[layer.at(o, j)];
                EXPECT_EQ(kept, 2) << method->name;
            }
        }
    }
}

TEST(Methods, WhatIsGoneStaysSo) {
    const Gram gram = gram_of(300, 140, 1);
    for (const Reconstruction* method : reconstructions()) {
        LayerProblem layer = problem(gram, 10, 3);
        for (std::size_t i = 0; i < layer.keep.size(); i += 3) layer.keep[i] = 0;
        layer.kept = 500;
        apply_mask(layer);
        layer.before = layer.weight;
        method->run(layer);
        if (method->name == "dsnot") continue;  // swaps
        for (std::size_t i = 0; i < layer.keep.size(); i += 3) ASSERT_EQ(layer.keep[i], 0) << method->name;
    }
}

TEST(Methods, ErrorsAreInTheOrderOfTheirPapers) {
    const Gram gram = gram_of(400, 160, 5);
    LayerProblem wanda = problem(gram, 40, 4);
    wanda.kept = 40 * 160 * 3 / 10;
    LayerProblem surgeon = wanda;
    LayerProblem alternating = wanda;
    cut_by_score(wanda);
    LayerProblem refitted = wanda;
    LayerProblem swapped = wanda;
    LayerProblem shifted = wanda;
    reconstructions().get("refit").run(refitted);
    reconstructions().get("dsnot").run(swapped);
    reconstructions().get("flap").run(shifted);
    reconstructions().get("sparsegpt").run(surgeon);
    reconstructions().get("alps").run(alternating);
    EXPECT_LT(error_of(refitted), 0.5 * error_of(wanda));
    EXPECT_LT(error_of(swapped), error_of(wanda));
    EXPECT_EQ(kept_of(swapped), kept_of(wanda));
    EXPECT_LT(error_of(shifted), error_of(wanda));
    EXPECT_LT(error_of(surgeon), 0.7 * error_of(wanda));
    EXPECT_LT(error_of(alternating), error_of(surgeon));
    EXPECT_LT(error_of(alternating), error_of(refitted));
}

// For a mask that is given, least squares by conjugate gradients is where the gradient over what stays is 0.
TEST(Methods, RefitEndsWhereTheGradientIsZero) {
    const Gram gram = gram_of(300, 60, 6);
    LayerProblem layer = problem(gram, 12, 7);
    layer.kept = 300;
    cut_by_score(layer);
    fit_kept(layer);
    const std::vector<float> matrix = damped(layer, layer.damping);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
        for (std::int64_t j = 0; j < 60; ++j) {
            if (layer.keep[layer.at(o, j)] == 0) continue;
            double gradient = 0;
            double size = 0;
            for (std::int64_t k = 0; k < 60; ++k) {
                const double a = matrix[static_cast<std::size_t>(j * 60 + k)];
                gradient +=
                    a * (static_cast<double>(layer.weight[layer.at(o, k)]) - layer.before[layer.at(o, k)]);
                size += std::abs(a * layer.before[layer.at(o, k)]);
            }
            EXPECT_NEAR(gradient / size, 0, 2e-3);
        }
    }
}

// b += (w0 - w) E[x]: the mean of what is lost goes, the variance stays.
TEST(Methods, FlapByHand) {
    const Gram gram{.width = 2, .rows = 2, .products = {10, 0, 0, 20}, .sums = {4, -2}};
    LayerProblem layer = problem(gram, 1, 1);
    layer.before = {1, 3};
    layer.keep = {1, 0};
    layer.weight = {1, 0};
    reconstructions().get("flap").run(layer);
    ASSERT_EQ(layer.shift.size(), 1U);
    EXPECT_DOUBLE_EQ(layer.shift[0], -3);               // 3 * -1
    EXPECT_DOUBLE_EQ(error_of(layer), 9 * 20 - 2 * 9);  // less rows * shift^2
}

TEST(Methods, TooFewRowsAreDamped) {
    const Gram gram = gram_of(5, 130, 8);  // X'X has rank 5
    for (const Reconstruction* method : reconstructions()) {
        LayerProblem layer = problem(gram, 6, 9);
        if (!method->chooses) cut_by_score(layer);
        method->run(layer);
        for (const float value : layer.weight) ASSERT_TRUE(std::isfinite(value)) << method->name;
    }
}

}  // namespace
}  // namespace espalier::calibrate
