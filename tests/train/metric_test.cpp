// Known values of the metrics.
#include "train/loop/metric.h"

#include <gtest/gtest.h>

#include "train/libtorch/torch.h"

namespace espalier::train {
namespace {

double value_of(const char* name, const at::Tensor& outputs, const at::Tensor& labels,
                const at::Tensor& original) {
    return metrics().get(name).each({outputs, labels, original}).mean().item<double>();
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

}  // namespace
}  // namespace espalier::train
