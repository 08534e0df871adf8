#include "graph/analysis/folding.h"

#include <gtest/gtest.h>

namespace espalier {
namespace {

ValueType floats(std::int64_t count) { return {DType::f32, {Dim(count)}}; }

TEST(FoldingBudget, WhatIsGivenMayNotBeMuchLargerThanWhatIsRead) {
    FoldingBudget budget({});
    const Tensor small(DType::i64, {1});
    const Tensor* const inputs[] = {&small, nullptr};
    const ValueType fits[] = {floats(60'000)};
    const ValueType large[] = {floats(3'000'000'000)};
    EXPECT_TRUE(budget.take(inputs, fits));
    EXPECT_FALSE(budget.take(inputs, large));
}

TEST(FoldingBudget, DoublingEnds) {
    FoldingBudget budget({});
    std::int64_t count = 60'000;
    int taken = 0;
    for (int i = 0; i < 30; ++i) {
        const Tensor whole(DType::boolean, {count});
        const Tensor* const inputs[] = {&whole, &whole};
        const ValueType outputs[] = {floats(2 * count)};
        if (!budget.take(inputs, outputs)) break;
        count *= 2;
        ++taken;
    }
    EXPECT_GT(taken, 2);
    EXPECT_LT(taken, 10);
}

TEST(FoldingBudget, ALargeGraphMayComputeMore) {
    Weights weights;
    weights["w"] = Tensor(DType::f32, {10'000'000});
    FoldingBudget budget(weights);
    const Tensor* const inputs[] = {&weights["w"]};
    const ValueType outputs[] = {floats(10'000'000)};
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(budget.take(inputs, outputs)) << i;
    EXPECT_FALSE(budget.take(inputs, outputs));
    EXPECT_FALSE(FoldingBudget({}).take(inputs, outputs));
}

TEST(FoldingBudget, AShapeThatElementsDecideNeedsLittleToRead) {
    FoldingBudget budget({});
    const Tensor few(DType::f32, {100});
    const Tensor many(DType::f32, {100'000});
    const ValueType open[] = {{DType::i64, {Dim(1), Dim()}}};
    const Tensor* const reads_few[] = {&few};
    const Tensor* const reads_many[] = {&many};
    EXPECT_TRUE(budget.take(reads_few, open));
    EXPECT_FALSE(budget.take(reads_many, open));
}

}  // namespace
}  // namespace espalier
