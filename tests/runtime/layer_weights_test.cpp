#include "runtime/weights/layer_weights.h"

#include <gtest/gtest.h>

namespace espalier::runtime {
namespace {

using Floats = std::vector<float>;

Floats values_of(const dnnl::memory& memory) {
    const auto* data = static_cast<const float*>(memory.get_data_handle());
    return {data, data + memory.get_desc().get_size() / sizeof(float)};
}

TEST(LayerWeights, ScalesEachOutputInEveryForm) {
    const Floats w = {1, 2, 0, 3};
    LayerWeights weights({2, 2}, w, Floats{10, -1}, Floats{0, 0});
    EXPECT_EQ(values_of(*weights.onednn(row_major({2, 2}))), (Floats{10, 20, 0, -3}));
    EXPECT_EQ(values_of(*weights.onednn_transposed(row_major({2, 2}))), (Floats{10, 0, 20, -3}));
    EXPECT_EQ(weights.packed({}, 1, 1)->nonzeros(), 1);
    EXPECT_EQ(weights.packed({}, 1, 1)->parts()[0].values, (WeightVector<float>{-3}));
    EXPECT_EQ(weights.nonzeros(), 3);
}

TEST(LayerWeights, WhatAScaleOfZeroTakesIsZero) {
    const Floats w = {1, 2, 0, 3};
    LayerWeights weights({2, 2}, w, Floats{0, 1}, Floats{0, 0});
    EXPECT_EQ(weights.nonzeros(), 1);
    EXPECT_EQ(values_of(*weights.onednn(row_major({2, 2}))), (Floats{0, 0, 0, 3}));
}

TEST(LayerWeights, FormsAreMadeOnceAndLiveAsLongAsTheyAreUsed) {
    const Floats w = {1, 2, 3, 4};
    LayerWeights weights({2, 2}, w, Floats{0, 0});
    const auto form = weights.onednn(row_major({2, 2}));
    EXPECT_EQ(form, weights.onednn(row_major({2, 2})));
}

TEST(LayerWeights, KnowsBlocks) {
    const Floats w = {1, 0, 0, 0,  //
                      5, 0, 0, 0,  //
                      0, 0, 1, 0,  //
                      0, 0, 2, 0};
    const LayerWeights weights({4, 4}, w, Floats(4));
    EXPECT_TRUE(weights.is_in_blocks(2, 4));
    EXPECT_FALSE(weights.is_in_blocks(4, 4));
    EXPECT_TRUE(LayerWeights({4, 4}, Floats(16, 1.0F), Floats(4)).is_in_blocks(4, 4));
}

}  // namespace
}  // namespace espalier::runtime
