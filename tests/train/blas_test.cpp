#include "train/libtorch/blas.h"

#include <gtest/gtest.h>

namespace espalier::train {
namespace {

TEST(Blas, ReplacesOnlyKernelsThatWereGuessed) {
    EXPECT_EQ(better_kernels("Prescott", true, true), "SkylakeX");
    EXPECT_EQ(better_kernels("Nehalem", true, false), "Haswell");
    EXPECT_EQ(better_kernels("Prescott", false, false), std::nullopt);
    EXPECT_EQ(better_kernels("Haswell", true, true), std::nullopt);
    EXPECT_EQ(better_kernels("Zen", true, false), std::nullopt);
}

}  // namespace
}  // namespace espalier::train
