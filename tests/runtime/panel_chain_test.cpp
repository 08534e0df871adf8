#include "runtime/sparse/panel_chain.h"

#include <gtest/gtest.h>

#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "runtime/cases/networks.h"
#include "runtime/execute/memory_plan.h"

namespace espalier::runtime {
namespace {

TEST(PanelRows, SharesPanelsEvenly) {
    EXPECT_EQ(panel_rows(1, 1, 64), 64);
    EXPECT_EQ(panel_rows(1000, 1, 64), 64);
    EXPECT_EQ(panel_rows(64, 2, 64), 32);
    EXPECT_EQ(panel_rows(65, 2, 64), 48);
    EXPECT_EQ(panel_rows(128, 2, 64), 64);
    EXPECT_EQ(panel_rows(192, 2, 64), 48);  // four panels instead of three
    EXPECT_EQ(panel_rows(10, 2, 64), 16);   // narrower ones would not be faster
    EXPECT_EQ(panel_rows(1000, 2, 64), 64);
    EXPECT_EQ(panel_rows(1000, 1, 32), 32);
    EXPECT_EQ(panel_rows(40, 2, 32), 32);
}

const PostOperation kRelu{.function = {.algorithm = dnnl::algorithm::eltwise_relu}};

/// Two layers through the reference of another kernel.
std::vector<double> expected(const Tensor& w1, const Tensor& w2, const Tensor& b1, const Tensor& b2,
                             const Tensor& x) {
    const std::int64_t batch = x.shape()[0];
    std::vector<double> middle(static_cast<std::size_t>(batch * w1.shape()[0]));
    kernels::spmv_f32_csr_reference(w1.shape()[0], w1.shape()[1], w1.f32(), b1.f32(), batch, x.f32().data(),
                                    middle.data(), true);
    const std::vector<float> rounded(middle.begin(), middle.end());
    std::vector<double> out(static_cast<std::size_t>(batch * w2.shape()[0]));
    kernels::spmv_f32_csr_reference(w2.shape()[0], w2.shape()[1], w2.f32(), b2.f32(), batch, rounded.data(),
                                    out.data(), false);
    return out;
}

TEST(PanelChain, ComputesItsLayersOnAnyThreads) {
    Tensor w1 = test::random_tensor({50, 37}, "w1");
    Tensor w2 = test::random_tensor({11, 50}, "w2");
    test::sparsify(w1, 0.2, "w1");
    test::sparsify(w2, 0.2, "w2");
    const Tensor b1 = test::random_tensor({50}, "b1");
    const Tensor b2 = test::random_tensor({11}, "b2");
    const auto packed = [](const Tensor& w, const Tensor& b) {
        return std::make_shared<const kernels::PackedRows>(
            w.shape()[0], w.shape()[1], w.f32(), b.f32(), kernels::PackedRows::Blocking{.block_columns = 20});
    };
    for (const std::int64_t batch : {1, 7, 16, 64, 65, 130, 300}) {
        for (const int threads : {1, 2, 3}) {
            const Tensor x = test::random_tensor({batch, 37}, "x");
            const auto chain = panel_chain({{packed(w1, b1), {kRelu}}, {packed(w2, b2)}}, batch, threads);
            Arena arena;
            std::vector<float> y(static_cast<std::size_t>(batch * 11));
            const Operand input = f32_operand(x.f32().data());
            const Result output = f32_result(y.data());
            chain->run({&input, 1}, {&output, 1}, arena.at_least(chain->scratch_bytes()));
            const auto wanted = expected(w1, w2, b1, b2, x);
            for (std::size_t i = 0; i < y.size(); ++i)
                ASSERT_NEAR(y[i], wanted[i], 1e-5) << batch << ' ' << threads;
        }
    }
}

}  // namespace
}  // namespace espalier::runtime
