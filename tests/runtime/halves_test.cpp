// Products of one and two rows with weights that 16 bits hold.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "espalier/runtime.h"
#include "graph/builder.h"
#include "runtime/dense/fully_connected.h"
#include "runtime/execute/kernel.h"
#include "tensor/convert.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kOutputs = 300;
constexpr std::int64_t kInputs = 500;

Tensor random_tensor(const Shape& shape, const std::string& purpose) {
    Tensor tensor(DType::f32, shape);
    Random random(3, purpose);
    for (float& value : tensor.f32()) value = 2 * random.uniform() - 1;
    return tensor;
}

Tensor rounded(const Tensor& tensor, DType type) { return converted(converted(tensor, type), DType::f32); }

std::vector<Candidate> of_halves(LayerWeights& weights, std::int64_t batch) {
    std::vector<Candidate> candidates = fully_connected(weights, {.batch = batch});
    std::erase_if(candidates, [](const Candidate& candidate) { return candidate.name != kDenseHalvesName; });
    return candidates;
}

TEST(Halves, AreOfferedWhereTheyAreExact) {
    const Tensor exact = random_tensor({kOutputs, kInputs}, "w");
    const std::vector<float> bias(kOutputs, 0.5F);
    for (const DType type : {DType::f16, DType::bf16}) {
        const Tensor w = rounded(exact, type);
        LayerWeights weights(w.shape(), w.f32(), bias);
        EXPECT_EQ(of_halves(weights, 2).size(), 1U);
        EXPECT_TRUE(of_halves(weights, 3).empty()) << "bound by products";
        LayerWeights scaled(w.shape(), w.f32(), std::vector<float>(kOutputs, 3.0F), bias);
        EXPECT_TRUE(of_halves(scaled, 1).empty());
    }
    LayerWeights weights(exact.shape(), exact.f32(), bias);
    EXPECT_TRUE(of_halves(weights, 1).empty());
    const Tensor few = rounded(random_tensor({30, 50}, "few"), DType::f16);
    LayerWeights small(few.shape(), few.f32(), std::vector<float>(30));
    EXPECT_TRUE(of_halves(small, 1).empty()) << "all in the cache";
}

/// Of which the share `left` is there, in columns that 16 outputs have in common.
Tensor sparse_tensor(double left) {
    Tensor tensor = random_tensor({kOutputs, kInputs}, "w");
    Random random(4, "columns");
    for (std::int64_t first = 0; first < kOutputs; first += 16) {
        for (std::int64_t column = 0; column < kInputs; ++column) {
            if (random.uniform() < static_cast<float>(left)) continue;
            for (std::int64_t row = first; row < std::min(first + 16, kOutputs); ++row)
                tensor.f32()[static_cast<std::size_t>(row * kInputs + column)] = 0;
        }
    }
    return tensor;
}

std::vector<Candidate> sparse_of_halves(LayerWeights& weights, const FullyConnected& layer) {
    std::vector<Candidate> candidates = fully_connected(weights, layer);
    std::erase_if(candidates, [](const Candidate& candidate) {
        return candidate.name.find("spmv_halves") == std::string::npos;
    });
    return candidates;
}

TEST(Halves, SparseProductsReadThemToo) {
    const std::vector<float> bias(kOutputs, 0.5F);
    for (const DType type : {DType::f16, DType::bf16}) {
        const Tensor w = rounded(sparse_tensor(0.3), type);
        LayerWeights weights(w.shape(), w.f32(), bias);
        const auto candidates = sparse_of_halves(weights, {.batch = 2});
        ASSERT_EQ(candidates.size(), 3U);
        EXPECT_TRUE(candidates[0].name.starts_with("spmv_halves_csr ")) << candidates[0].name;
        EXPECT_TRUE(candidates[1].name.starts_with("spmv_halves_bitmap ")) << candidates[1].name;
        EXPECT_TRUE(candidates[2].name.starts_with("spmv_halves_csr 16x1 ")) << candidates[2].name;
        EXPECT_LT(candidates[2].single_us, candidates[0].single_us);
        EXPECT_TRUE(sparse_of_halves(weights, {.batch = 3}).empty());
    }
    const Tensor exact = sparse_tensor(0.3);
    LayerWeights weights(exact.shape(), exact.f32(), bias);
    EXPECT_TRUE(sparse_of_halves(weights, {.batch = 1}).empty()) << "f32 is asked for";
}

/// In a program of bf16 weights are rounded once, and nothing else is.
TEST(Halves, SparseProductsOfBf16RoundTheirWeights) {
    const Tensor exact = sparse_tensor(0.3);
    const Tensor w = rounded(exact, DType::bf16);
    const std::vector<float> bias(kOutputs, 0.5F);
    LayerWeights weights(exact.shape(), exact.f32(), bias);
    const Tensor x = random_tensor({2, kInputs}, "x");
    const auto candidates = sparse_of_halves(weights, {.batch = 2, .precision = Precision::bf16});
    ASSERT_EQ(candidates.size(), 3U);
    for (const Candidate& candidate : candidates) {
        EXPECT_EQ(candidate.input, Layout::row_major);
        Tensor y(DType::f32, {2, kOutputs});
        const Operand input = f32_operand(x.f32().data());
        const Result output = f32_result(y.f32().data());
        candidate.make(1)->run({&input, 1}, {&output, 1}, nullptr);
        for (std::int64_t n = 0; n < 2; ++n) {
            for (std::int64_t m = 0; m < kOutputs; ++m) {
                double expected = 0.5;
                for (std::int64_t k = 0; k < kInputs; ++k)
                    expected += double{w.f32()[static_cast<std::size_t>(m * kInputs + k)]} *
                                double{x.f32()[static_cast<std::size_t>(n * kInputs + k)]};
                ASSERT_NEAR(y.f32()[static_cast<std::size_t>(n * kOutputs + m)], expected, 2e-5)
                    << candidate.name;
            }
        }
    }
}

/// A network whose weights a file keeps as f16 behind a Cast, and the same with weights of f32.
TEST(Halves, ANetworkComputesTheSame) {
    for (const std::int64_t batch : {1, 2}) {
        GraphBuilder builder("n", 1);
        const std::string x = builder.input("x", {batch, kInputs});
        builder.output(builder.relu("relu", builder.linear("fc", x, kInputs, kOutputs)));
        Graph whole = std::move(builder).finish();
        Tensor& w = whole.initializers.at("fc.weight");
        w = rounded(random_tensor(w.shape(), "w"), DType::f16);
        Graph halved = whole;
        halved.initializers.at("fc.weight") = converted(w, DType::f16);
        for (Node& node : halved.nodes)
            std::ranges::replace(node.inputs, std::string("fc.weight"), std::string("w32"));
        halved.nodes.insert(halved.nodes.begin(),
                            {"", "Cast", {"fc.weight"}, {"w32"}, {{"to", std::int64_t{1}}}});
        verify(halved);

        const NamedTensors inputs = {{"x", random_tensor({batch, kInputs}, "x")}};
        Session measured = compile(halved, {.threads = 1, .tuning = Options::Tuning::full});
        const Tensor y = measured.run(inputs).front();
        const Tensor expected =
            compile(whole, {.threads = 1, .tuning = Options::Tuning::none}).run(inputs).front();
        for (std::size_t i = 0; i < expected.f32().size(); ++i)
            ASSERT_NEAR(y.f32()[i], expected.f32()[i], 1e-4);
    }
}

}  // namespace
}  // namespace espalier::runtime
