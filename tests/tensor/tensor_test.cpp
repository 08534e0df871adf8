#include "espalier/tensor.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/expect_error.h"
#include "tensor/dtypes.h"

namespace espalier {
namespace {

using testing::filled;
using testing::kDTypes;

TEST(Tensor, DTypesHaveNamesAndSizes) {
    std::set<std::string_view> names;
    for (const DType dtype : kDTypes) {
        names.insert(name_of(dtype));
        EXPECT_GE(size_of(dtype), 1U);
    }
    EXPECT_EQ(names.size(), std::size(kDTypes));
    EXPECT_EQ(size_of(DType::bf16), 2U);
    EXPECT_EQ(size_of(dtype_of<double>), sizeof(double));
    EXPECT_EQ(size_of(dtype_of<bool>), sizeof(bool));
    EXPECT_EQ(name_of(DType::boolean), "bool");
}

TEST(Tensor, ElementCount) {
    EXPECT_EQ(element_count({}), 1);
    EXPECT_EQ(element_count({2, 3}), 6);
    EXPECT_EQ(element_count({2, 0, 3}), 0);
    EXPECT_ERROR(InvalidArgument, "shape 2x-3: a dimension is negative", element_count({2, -3}));
    constexpr std::int64_t kHuge = std::int64_t{1} << 40;
    EXPECT_ERROR(InvalidArgument, "more elements than memory can hold", element_count({kHuge, kHuge}));
    EXPECT_THROW(element_count({std::numeric_limits<std::int64_t>::max()}), InvalidArgument);
}

TEST(Tensor, WhatWasMovedFromIsEmptyAndCanBeUsed) {
    Tensor first(DType::i32, {2, 3});
    const Tensor moved = std::move(first);
    EXPECT_EQ(moved.count(), 6);
    Tensor second(DType::f32, {4});
    second = Tensor(DType::f32, {5});
    Tensor target;
    target = std::move(second);
    for (const Tensor* empty : {&first, &second}) {  // NOLINT(bugprone-use-after-move)
        EXPECT_EQ(empty->shape(), (Shape{0}));
        EXPECT_EQ(empty->count(), 0);
        EXPECT_TRUE(empty->bytes().empty());
        const Tensor copy = *empty;
        EXPECT_EQ(copy, *empty);
    }
    first = Tensor(DType::u8, {7});
    EXPECT_EQ(first.count(), 7);
}

TEST(Tensor, MoreThanMemoryHoldsIsRefusedByName) {
    EXPECT_ERROR(OutOfMemory, "a tensor of f32 of shape 1099511627776",
                 Tensor(DType::f32, {std::int64_t{1} << 40}));
}

TEST(Tensor, ShapesAsText) {
    EXPECT_EQ(to_string(Shape{}), "scalar");
    EXPECT_EQ(to_string(Shape{128, 784}), "128x784");
}

TEST(Tensor, StartsAsZerosAndAligned) {
    for (const DType dtype : kDTypes) {
        const Tensor tensor(dtype, {3, 5});
        EXPECT_EQ(tensor.count(), 15);
        EXPECT_EQ(tensor.bytes().size(), 15 * size_of(dtype));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes().data()) % Tensor::kAlignment, 0U);
        for (const std::byte byte : tensor.bytes()) ASSERT_EQ(byte, std::byte{0});
    }
    EXPECT_EQ(Tensor().count(), 0);
}

TEST(Tensor, CopiesAreDeepAndMovesAreFree) {
    Tensor a = Tensor::of<float>({2}, std::vector{1.0F, 2.0F});
    Tensor b = a;
    b.f32()[0] = 7;
    EXPECT_EQ(a.f32()[0], 1);
    const float* data = a.f32().data();
    Tensor c = std::move(a);
    EXPECT_EQ(c.f32().data(), data);
    const Tensor& same = c;
    c = same;
    EXPECT_EQ(c.f32()[1], 2);
    a = b;
    EXPECT_EQ(a, b);
}

TEST(Tensor, EqualityIsOfTypeShapeAndBytes) {
    const Tensor a = filled(DType::i32, {2, 3});
    EXPECT_EQ(a, filled(DType::i32, {2, 3}));
    EXPECT_FALSE(a == filled(DType::u32, {2, 3}));
    EXPECT_FALSE(a == filled(DType::i32, {3, 2}));
    Tensor b = a;
    b.bytes()[23] = std::byte{9};
    EXPECT_FALSE(a == b);
    EXPECT_EQ(Tensor(DType::f32, {0}), Tensor());
}

TEST(Tensor, TypesAndCountsAreChecked) {
    Tensor tensor(DType::i32, {2});
    EXPECT_ERROR(InvalidArgument, "tensor holds i32, expected f32", tensor.f32());
    EXPECT_EQ(tensor.as<std::int32_t>().size(), 2U);
    EXPECT_ERROR(InvalidArgument, "3 values given for shape 2x2",
                 Tensor::of<float>({2, 2}, std::vector{1.0F, 2.0F, 3.0F}));
    EXPECT_ERROR(InvalidArgument, "cannot reshape 2 to 3", std::move(tensor).reshaped({3}));
}

TEST(Tensor, Reshape) {
    Tensor tensor = filled(DType::i16, {2, 6});
    const Tensor reshaped = std::move(tensor).reshaped({3, 4});
    EXPECT_EQ(reshaped, filled(DType::i16, {3, 4}));
}

}  // namespace
}  // namespace espalier
