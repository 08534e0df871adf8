// Data that fit, cut into runs, and data that do not.
#include "calibrate/batches.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/expect_error.h"
#include "espalier/error.h"

namespace espalier::calibrate {
namespace {

Graph interface(Dim batch) {
    Graph graph;
    graph.inputs = {{"ids", {DType::i64, {batch, Dim("S")}}}, {"x", {DType::f32, {batch, 2}}}};
    return graph;
}

NamedTensors data(std::int64_t ids, std::int64_t x) {
    NamedTensors tensors;
    tensors.emplace("ids", Tensor(DType::i64, {ids, 3}));
    tensors.emplace("x", Tensor(DType::f32, {x, 2}));
    return tensors;
}

TEST(CalibrationBatches, AreCutAlongTheBatch) {
    const Batches open = divided(interface(Dim("N")), data(5, 5), 2);
    ASSERT_EQ(open.size(), 3U);
    EXPECT_EQ(open[2].at("ids").shape(), (Shape{1, 3}));
    NamedTensors numbered = data(4, 4);
    for (std::size_t i = 0; i < 8; ++i) numbered.at("x").f32()[i] = static_cast<float>(i);
    const Batches fixed = divided(interface(Dim(2)), std::move(numbered));
    ASSERT_EQ(fixed.size(), 2U);
    EXPECT_EQ(fixed[1].at("x").f32()[0], 4);
}

/// As that of a decoder's past before its first token.
TEST(CalibrationBatches, LengthsMayBeZero) {
    NamedTensors none = data(3, 3);
    none.at("ids") = Tensor(DType::i64, {3, 0});
    const Batches batches = divided(interface(Dim("N")), std::move(none), 2);
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(batches[1].at("ids").shape(), (Shape{1, 0}));
}

TEST(CalibrationBatches, BadDataAreNamed) {
    const Graph graph = interface(Dim("N"));
    EXPECT_ERROR(BadData, "4 examples of \"ids\" and 5 of \"x\"", divided(graph, data(4, 5)));
    EXPECT_ERROR(BadData, "got f32 3x2 for input \"x\", expected f32 2x2",
                 divided(interface(Dim(2)), data(2, 3)));
    NamedTensors missing = data(2, 2);
    missing.erase("x");
    EXPECT_ERROR(BadData, "input \"x\" is missing: expected f32 Nx2", divided(graph, std::move(missing)));
    NamedTensors other = data(2, 2);
    other.emplace("y", Tensor(DType::f32, {2}));
    EXPECT_ERROR(BadData, "\"y\" is not an input of the network", divided(graph, std::move(other)));
    NamedTensors type = data(2, 2);
    type.at("ids") = Tensor(DType::i32, {2, 3});
    EXPECT_ERROR(BadData, "got i32 2x3 for input \"ids\", expected i64 NxS", divided(graph, std::move(type)));
    NamedTensors nan = data(2, 2);
    nan.at("x").f32()[3] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_ERROR(BadData, "element 3 of \"x\" is nan", divided(graph, std::move(nan)));
    EXPECT_ERROR(BadData, "got i64 0x3", divided(graph, data(0, 0)));
}

}  // namespace
}  // namespace espalier::calibrate
