// Known values of the metrics.
#include "train/judging/metric.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/judging/evaluation.h"
#include "train/libtorch/torch.h"

namespace espalier::train {
namespace {

double value_of(const char* name, const at::Tensor& outputs, const at::Tensor& labels,
                const at::Tensor& original) {
    MetricSum sum(metrics().get(name));
    sum.add(MetricSum::of(metrics().get(name), {outputs, labels, original}));
    return sum.value(static_cast<double>(labels.size(0)));
}

TEST(Metrics, KnownValues) {
    // Six classes; the label's output is the greatest, the fifth, the sixth.
    const at::Tensor outputs =
        at::tensor({9.F, 1.F, 2.F, 3.F, 4.F, 5.F, 9.F, 1.F, 2.F, 3.F, 4.F, 5.F, 9.F, 1.F, 2.F, 3.F, 4.F, 5.F})
            .view({3, 6});
    const at::Tensor labels = at::tensor({0, 2, 1}, at::kLong);
    at::Tensor original = outputs.clone();
    original[1][3] = 10;  // it puts example 1 elsewhere
    EXPECT_NEAR(value_of("top-1", outputs, labels, {}), 1. / 3, 1e-7);
    EXPECT_NEAR(value_of("top-5", outputs, labels, {}), 2. / 3, 1e-7);
    EXPECT_NEAR(value_of("agreement", outputs, labels, original), 2. / 3, 1e-7);
    EXPECT_NEAR(value_of("distance", outputs, labels, original), 49. / 18, 1e-6);
    // 8^2 + 1 + 4 + 9 + 16 + 25, likewise for the others
    EXPECT_NEAR(value_of("mean-squared-error", outputs, labels, {}), (119. + 133. + 135.) / 18, 1e-5);
}

/// Inputs of a batch take at most 64 MB, as f32 or as the integers that they are.
TEST(Metrics, LargeExamplesAreJudgedFewAtATime) {
    const auto together = [](DType dtype, const Shape& example) {
        Shape none = example;
        none.insert(none.begin(), 0);
        data::Examples examples;
        examples.inputs = {{.values = Tensor(dtype, none)}};
        return evaluation_batch(examples);
    };
    EXPECT_EQ(together(DType::u8, {3, 32, 32}), 500);
    EXPECT_EQ(together(DType::u8, {3, 224, 224}), 111);
    EXPECT_EQ(together(DType::f32, {5000, 5000}), 1);
    EXPECT_EQ(together(DType::i64, {1 << 20}), 7);
}

TEST(Metrics, OfNumbers) {
    const at::Tensor targets = at::tensor({1.F, 10.F, 2.F, 20.F, 3.F, 60.F}).view({3, 2});
    const at::Tensor outputs = at::tensor({1.F, 12.F, 3.F, 20.F, 3.F, 56.F}).view({3, 2});
    // Errors 0, 2, 1, 0, 0, 4; squares about the means 2 and 30: 2 and 1400.
    EXPECT_NEAR(value_of("mean-squared-error", outputs, targets, {}), 21. / 6, 1e-6);
    EXPECT_NEAR(value_of("mean-absolute-error", outputs, targets, {}), 7. / 6, 1e-6);
    EXPECT_NEAR(value_of("r2", outputs, targets, {}), 1 - 21. / 1402, 1e-6);
    EXPECT_NEAR(value_of("r2", targets.mean(0).expand({3, 2}), targets, {}), 0, 1e-6);
}

TEST(Metrics, OfOneNumberAnExample) {
    const at::Tensor targets = at::tensor({1.F, 2.F, 6.F});
    const at::Tensor outputs = at::tensor({1.F, 3.F, 4.F});
    EXPECT_NEAR(value_of("distance", outputs, targets, targets), 5. / 3, 1e-6);
    EXPECT_NEAR(value_of("mean-squared-error", outputs, targets, {}), 5. / 3, 1e-6);
    EXPECT_NEAR(value_of("r2", outputs, targets, {}), 1 - 5. / 14, 1e-6);
    EXPECT_TRUE(std::isnan(value_of("r2", outputs, at::full({3}, 2000.1F), {}))) << "nothing to explain";
}

TEST(Metrics, SumsOfBatchesAreOneMetric) {
    const at::Tensor targets = at::tensor({0, 1, 1, 2}, at::kLong);
    const at::Tensor outputs = at::one_hot(at::tensor({0, 1, 2, 2}, at::kLong), 4).to(at::kFloat);
    // Class 0: 1 of 1, class 1: 1 of 2, class 2: 1 of 2; class 3 is nowhere.
    EXPECT_NEAR(value_of("mean-iou", outputs, targets, {}), 2. / 3, 1e-12);
    const Metric& metric = metrics().get("mean-iou");
    MetricSum sum(metric);
    for (int half = 0; half < 2; ++half)
        sum.add(MetricSum::of(metric, {outputs.narrow(0, 2 * half, 2), targets.narrow(0, 2 * half, 2), {}}));
    EXPECT_NEAR(sum.value(4), 2. / 3, 1e-12);
}

}  // namespace
}  // namespace espalier::train
