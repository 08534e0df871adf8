// Factors and inverses against hand computation and against the products that they stand for.
#include "calibrate/linear/triangular.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "calibrate/linear/product.h"

namespace espalier::calibrate {
namespace {

/// M M' + 1 of a random M: positive definite.
std::vector<float> positive(std::int64_t n) {
    Random random(7, "positive");
    std::vector<float> m(static_cast<std::size_t>(n * n));
    for (float& value : m) value = static_cast<float>(random.uniform()) - 0.5F;
    std::vector<float> a(m.size());
    multiply(n, n, n, 1, {m.data(), n}, {m.data(), n, true}, 0, a.data(), n);
    for (std::int64_t i = 0; i < n; ++i) a[static_cast<std::size_t>(i * (n + 1))] += 1;
    return a;
}

TEST(Triangular, FactorsByHand) {
    std::vector<float> a = {4, 2, 2, 10};  // [2 0; 1 3] times its transpose
    ASSERT_TRUE(factor(a, 2, 1));
    EXPECT_EQ(a, (std::vector<float>{2, 0, 1, 3}));
    invert_lower(a, 2, 1);
    EXPECT_FLOAT_EQ(a[0], 0.5F);
    EXPECT_FLOAT_EQ(a[2], -1.0F / 6);
    EXPECT_FLOAT_EQ(a[3], 1.0F / 3);
    std::vector<float> indefinite = {1, 2, 2, 1};
    EXPECT_FALSE(factor(indefinite, 2, 1));
}

TEST(Triangular, InversesOfAllSizesGiveTheIdentity) {
    for (const std::int64_t n : {1, 5, 127, 128, 129, 300}) {
        const std::vector<float> a = positive(n);
        const std::vector<float> inverted = inverse(a, n, 2);
        const std::vector<float> u = upper_factor_of_inverse(a, n, 2);
        std::vector<float> identity(a.size());
        multiply(n, n, n, 1, {a.data(), n}, {inverted.data(), n}, 0, identity.data(), n);
        std::vector<float> product(a.size());
        multiply(n, n, n, 1, {u.data(), n, true}, {u.data(), n}, 0, product.data(), n);
        for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t j = 0; j < n; ++j) {
                const auto at = static_cast<std::size_t>(i * n + j);
                ASSERT_NEAR(identity[at], i == j ? 1 : 0, 1e-4) << n;
                ASSERT_NEAR(product[at], inverted[at], 1e-4) << n;
                if (j < i) {
                    ASSERT_EQ(u[at], 0) << n;
                }
            }
        }
    }
}

}  // namespace
}  // namespace espalier::calibrate
