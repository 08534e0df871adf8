// What is written and read again is the same graph, and written once more the same bytes.
#include <gtest/gtest.h>
#include <onnx/checker.h>

#include "base/files.h"
#include "base/temporary_folder.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using testing::as_bytes;
using testing::small_graph;

void expect_equal(const Graph& a, const Graph& b) {
    EXPECT_EQ(a.name, b.name);
    EXPECT_TRUE(a.inputs == b.inputs);
    EXPECT_TRUE(a.outputs == b.outputs);
    EXPECT_TRUE(a.initializers == b.initializers);
    EXPECT_EQ(a.metadata, b.metadata);
    ASSERT_EQ(a.nodes.size(), b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        SCOPED_TRACE(describe(a.nodes[i]));
        EXPECT_EQ(a.nodes[i].name, b.nodes[i].name);
        EXPECT_EQ(a.nodes[i].op, b.nodes[i].op);
        EXPECT_EQ(a.nodes[i].inputs, b.nodes[i].inputs);
        EXPECT_EQ(a.nodes[i].outputs, b.nodes[i].outputs);
        EXPECT_TRUE(a.nodes[i].attributes == b.nodes[i].attributes);
    }
}

void expect_round_trip(const Graph& graph) {
    const std::string written = onnx::to_bytes(graph);
    const Graph back = onnx::from_bytes(as_bytes(written));
    expect_equal(graph, back);
    EXPECT_EQ(onnx::to_bytes(back), written);

    onnx::pb::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(written));
    EXPECT_NO_THROW(onnx::pb::checker::check_model(model));
    EXPECT_EQ(model.ir_version(), 7);
    ASSERT_EQ(model.opset_import_size(), 1);
    EXPECT_EQ(model.opset_import(0).version(), 13);
}

TEST(OnnxRoundTrip, Network) { expect_round_trip(small_graph()); }

TEST(OnnxRoundTrip, ThroughAFile) {
    const testing::TemporaryFolder folder;
    onnx::write(folder / "model.onnx", small_graph());
    expect_equal(onnx::read(folder / "model.onnx"), small_graph());
    EXPECT_EQ(read_text(folder / "model.onnx"), onnx::to_bytes(small_graph()));
}

TEST(OnnxRoundTrip, EveryDType) {
    Graph graph = small_graph();
    for (const DType dtype :
         {DType::f32, DType::f64, DType::f16, DType::bf16, DType::i8, DType::u8, DType::i16, DType::u16,
          DType::i32, DType::u32, DType::i64, DType::u64, DType::boolean}) {
        for (const Shape& shape : {Shape{}, Shape{3, 2}, Shape{0, 4}}) {
            Tensor tensor(dtype, shape);
            for (std::size_t i = 0; i < tensor.bytes().size(); ++i) tensor.bytes()[i] = std::byte(i % 2);
            const std::string name = "constant " + std::string(name_of(dtype)) + " " + to_string(shape);
            graph.initializers.emplace(name, tensor);
        }
    }
    expect_round_trip(graph);
}

/// Operators here take numbers only; names that start with __ are free for programs, in ONNX's own checker
/// too.
TEST(OnnxRoundTrip, EveryKindOfAttribute) {
    Graph graph = small_graph();
    graph.nodes[0].attributes = {
        {"axis", std::int64_t{-3}},
        {"__float", -0.0F},
        {"__string", std::string("with \0 and \xff", 13)},
        {"__ints", std::vector<std::int64_t>{1, -1, std::numeric_limits<std::int64_t>::min()}},
        {"__no_ints", std::vector<std::int64_t>{}},
        {"__floats", std::vector<float>{1.5F, std::numeric_limits<float>::infinity()}},
        {"__strings", std::vector<std::string>{"a", "", "c"}},
        {"__tensor", Tensor::of<float>({2}, std::vector{1.0F, 2.0F})},
    };
    expect_round_trip(graph);
}

TEST(OnnxRoundTrip, DimensionsOfEveryKind) {
    Graph graph;
    graph.name = "dims";
    graph.inputs = {{"scalar", {DType::f32, {}}}, {"mixed", {DType::i64, {Dim("N"), Dim(), Dim(0), Dim(7)}}}};
    graph.nodes = {{"", "Identity", {"mixed"}, {"same"}, {}},
                   {"named", "Relu", {"scalar"}, {"positive"}, {}}};
    graph.outputs = {{"same", {DType::i64, {Dim("N"), Dim(), Dim(0), Dim(7)}}},
                     {"positive", {DType::f32, {}}}};
    expect_round_trip(graph);
}

TEST(OnnxRoundTrip, OptionalInputLeftOut) {
    Graph graph = small_graph();
    for (Node& node : graph.nodes) {
        if (node.op == "Gemm") node.inputs[2] = "";
    }
    expect_round_trip(graph);
}

TEST(OnnxRoundTrip, AGraphWithoutANameGetsOne) {
    Graph graph = small_graph();
    graph.name.clear();
    const std::string written = onnx::to_bytes(graph);
    EXPECT_EQ(onnx::from_bytes(as_bytes(written)).name, "graph");
}

TEST(OnnxRoundTrip, EqualGraphsGiveEqualBytes) {
    EXPECT_EQ(onnx::to_bytes(small_graph()), onnx::to_bytes(small_graph()));
}

}  // namespace
}  // namespace espalier
