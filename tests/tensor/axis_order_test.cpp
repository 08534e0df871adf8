#include "tensor/axis_order.h"

#include <gtest/gtest.h>

#include "espalier/error.h"

namespace espalier {
namespace {

using Ints = std::vector<std::int64_t>;

NamedTensors some() {
    return {{"a", Tensor::of<float>({2, 3}, std::vector<float>{0, 1, 2, 10, 11, 12})},
            {"b", Tensor::of<std::int64_t>({2, 2, 2}, Ints{0, 1, 2, 3, 4, 5, 6, 7})},
            {"c", Tensor::of<float>({2}, std::vector<float>{5, 6})}};
}

TEST(AxisOrder, MovesWhatLiesAlongEachAxis) {
    NamedTensors tensors = some();
    reorder(tensors,
            {{"a", {{0, {1, 0}}, {1, {2, 0, 1}}}}, {"b", {{1, {1, 0}}}}, {"missing", {{0, {1, 0}}}}});
    EXPECT_EQ(tensors.at("a"), (Tensor::of<float>({2, 3}, std::vector<float>{12, 10, 11, 2, 0, 1})));
    EXPECT_EQ(tensors.at("b"), (Tensor::of<std::int64_t>({2, 2, 2}, Ints{2, 3, 0, 1, 6, 7, 4, 5})));
    EXPECT_EQ(tensors.at("c"), some().at("c"));
}

TEST(AxisOrder, IsWrittenAndRead) {
    const AxisOrders orders = {{"a:b", {{0, {1, 0}}, {1, {2, 0, 1}}}}, {"", {{3, {0}}}}};
    EXPECT_EQ(orders_from(to_tensors(orders)), orders);
}

TEST(AxisOrder, RefusesWhatIsNone) {
    NamedTensors tensors = some();
    EXPECT_THROW(reorder(tensors, {{"a", {{0, {1, 0, 2}}}}}), BadData);
    EXPECT_THROW(reorder(tensors, {{"c", {{1, {0}}}}}), BadData);
    const auto read = [](const std::string& name, const Ints& values) {
        return orders_from({{name, Tensor::of<std::int64_t>({std::ssize(values)}, values)}});
    };
    EXPECT_NO_THROW(read("0:a", {1, 0}));
    EXPECT_THROW(read("0:a", {1, 1}), BadData);
    EXPECT_THROW(read("0:a", {-1, 0}), BadData);
    EXPECT_THROW(read("a", {1, 0}), BadData);
    EXPECT_THROW(read("0", {1, 0}), BadData);
    EXPECT_THROW(read("99999999999999999999:a", {1, 0}), BadData);
    EXPECT_THROW(orders_from({{"0:a", Tensor::of<float>({1}, std::vector<float>{0})}}), BadData);
}

}  // namespace
}  // namespace espalier
