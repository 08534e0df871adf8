// Every regulariser's gradient against central differences of its penalty, for groups of several shapes.
#include "train/regularizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "prune/units/granularity.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kRows = 6;
constexpr std::int64_t kColumns = 7;

RegularizedWeight weight_of(std::span<const float> values, const std::string& granularity) {
    prune::Candidate candidate;
    candidate.name = "w";
    candidate.shape = {kRows, kColumns};
    const prune::Layout layout = prune::layout_of(candidate);
    const prune::Grain grain = prune::parse_grain(granularity);
    return {values, {layout, grain.granularity.tile(grain.arguments, candidate, layout)}};
}

std::vector<float> random_values() {
    Random random(4, "regularizer");
    std::vector<float> values;
    for (std::int64_t i = 0; i < kRows * kColumns; ++i) values.push_back(random.normal());
    return values;
}

TEST(Regularizer, GradientIsThatOfThePenalty) {
    for (const Regularizer* regularizer : regularizers()) {
        for (const std::string granularity : {"element", "filter", "channel", "block 4x2", "layer"}) {
            std::vector<float> values = random_values();
            std::vector<float> gradient(values.size(), 1.0F);  // what was there stays
            const float strength = 0.5F;
            regularizer->add_gradient(weight_of(values, granularity), strength, gradient);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const float at = values[i];
                const double step = 1.0 / 1024;
                values[i] = static_cast<float>(at + step);
                const double above = regularizer->penalty(weight_of(values, granularity));
                const double above_at = values[i];
                values[i] = static_cast<float>(at - step);
                const double slope =
                    (above - regularizer->penalty(weight_of(values, granularity))) / (above_at - values[i]);
                values[i] = at;
                EXPECT_NEAR(gradient[i], 1 + strength * slope, 1e-4)
                    << regularizer->name << " " << granularity << " " << i;
            }
        }
    }
}

TEST(Regularizer, PenaltiesByHand) {
    std::vector<float> values(kRows * kColumns, 0.0F);
    values[0] = 3;
    values[1] = -4;         // row 0: length 5
    values[kColumns] = 12;  // row 1: length 12
    const auto penalty = [&](const char* name, const std::string& granularity) {
        return regularizers().get(name).penalty(weight_of(values, granularity));
    };
    EXPECT_DOUBLE_EQ(penalty("l1", "element"), 19);
    EXPECT_DOUBLE_EQ(penalty("l2", "element"), (9 + 16 + 144) / 2.0);
    EXPECT_DOUBLE_EQ(penalty("group-lasso", "element"), 19);
    EXPECT_DOUBLE_EQ(penalty("group-lasso", "filter"), std::sqrt(7.0) * 17);
}

TEST(Regularizer, PullsNothingAtZero) {
    const std::vector<float> values(kRows * kColumns, 0.0F);
    for (const Regularizer* regularizer : regularizers()) {
        std::vector<float> gradient(values.size(), 0.0F);
        regularizer->add_gradient(weight_of(values, "filter"), 1, gradient);
        for (const float g : gradient) EXPECT_EQ(g, 0) << regularizer->name;
    }
}

}  // namespace
}  // namespace espalier::train
