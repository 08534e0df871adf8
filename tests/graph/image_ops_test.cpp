// Shape rules of the operators of image networks: what fits, and what is said when something does not.
#include <gtest/gtest.h>

#include <cmath>

#include "base/expect_error.h"
#include "espalier/error.h"
#include "espalier/graph.h"
#include "graph/analysis/input_shapes.h"

namespace espalier {
namespace {

using Ints = std::vector<std::int64_t>;

struct Call {
    std::string op;
    std::vector<Dims> inputs;
    std::map<std::string, Attribute> attributes = {};
    Ints shape = {};  // an i64 initialiser behind the inputs, if not empty
};

std::string shape_of(const Call& call) {
    Graph graph;
    Node node{.name = "node", .op = call.op, .inputs = {}, .outputs = {"y"}, .attributes = call.attributes};
    for (const Dims& dims : call.inputs) {
        node.inputs.push_back("x" + std::to_string(node.inputs.size()));
        graph.inputs.push_back({node.inputs.back(), {DType::f32, dims}});
    }
    if (!call.shape.empty()) {
        graph.initializers.emplace("shape", Tensor::of<std::int64_t>({std::ssize(call.shape)}, call.shape));
        node.inputs.emplace_back("shape");
    }
    graph.nodes.push_back(node);
    return to_string(infer_types(graph).at("y").dims);
}

const Dim kN("N");

TEST(ConvShape, FollowsPadsStridesDilationsAndGroups) {
    EXPECT_EQ(shape_of({"Conv", {{kN, 3, 32, 32}, {64, 3, 3, 3}, {64}}, {{"pads", Ints{1, 1, 1, 1}}}}),
              "Nx64x32x32");
    EXPECT_EQ(shape_of({"Conv",
                        {{kN, 3, 224, 224}, {64, 3, 7, 7}},
                        {{"pads", Ints{3, 3, 3, 3}}, {"strides", Ints{2, 2}}}}),
              "Nx64x112x112");
    EXPECT_EQ(
        shape_of(
            {"Conv", {{2, 4, 9, 8}, {6, 2, 2, 3}}, {{"group", std::int64_t{2}}, {"dilations", Ints{2, 1}}}}),
        "2x6x7x6");
    EXPECT_EQ(shape_of({"Conv", {{kN, 3, Dim("H"), 8}, {6, 3, 1, 1}}}), "Nx6xHx8");
    EXPECT_EQ(shape_of({"Conv", {{kN, 3, Dim("H"), 8}, {6, 3, 3, 3}}}), "Nx6x?x6");
    EXPECT_EQ(shape_of({"Conv",
                        {{1, 1, 5, 6}, {1, 1, 3, 3}},
                        {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}}}),
              "1x1x3x3");
}

TEST(ConvShape, OfOneAndThreeAxes) {
    EXPECT_EQ(shape_of({"Conv", {{kN, 3, 8}, {4, 3, 3}}, {{"strides", Ints{2}}}}), "Nx4x3");
    EXPECT_EQ(shape_of({"Conv", {{kN, 3, 8, 7, 6}, {4, 3, 3, 2, 1}}}), "Nx4x6x6x6");
    EXPECT_EQ(shape_of({"MaxPool", {{kN, 3, 8}}, {{"kernel_shape", Ints{2}}}}), "Nx3x7");
}

TEST(ConvShape, Mistakes) {
    const Dims image = {kN, 3, 8, 8};
    EXPECT_ERROR(InvalidModel,
                 "node \"node\": the weight of shape 4x2x3x3 expects 2 input channels a group, got 3",
                 shape_of({"Conv", {image, {4, 2, 3, 3}}}));
    EXPECT_ERROR(InvalidModel, "group=2 does not divide 3 input channels",
                 shape_of({"Conv", {image, {4, 1, 3, 3}}, {{"group", std::int64_t{2}}}}));
    EXPECT_ERROR(InvalidModel, "group=3 does not divide 4 output channels",
                 shape_of({"Conv", {image, {4, 1, 3, 3}}, {{"group", std::int64_t{3}}}}));
    EXPECT_ERROR(InvalidModel, "bias of the output channels: got 5 where 4 is expected",
                 shape_of({"Conv", {image, {4, 3, 3, 3}, {5}}}));
    EXPECT_ERROR(InvalidModel, "a window of 9 (with its dilation) does not fit in the height of 8",
                 shape_of({"Conv", {image, {4, 3, 9, 1}}}));
    EXPECT_ERROR(InvalidModel, "kernel_shape=[5, 5], but the weight's kernels are 3x3",
                 shape_of({"Conv", {image, {4, 3, 3, 3}}, {{"kernel_shape", Ints{5, 5}}}}));
    EXPECT_ERROR(InvalidModel, "strides=[0, 1], expected numbers from 1 on",
                 shape_of({"Conv", {image, {4, 3, 3, 3}}, {{"strides", Ints{0, 1}}}}));
    EXPECT_ERROR(InvalidModel, "auto_pad=\"SAME\"",
                 shape_of({"Conv", {image, {4, 3, 3, 3}}, {{"auto_pad", std::string("SAME")}}}));
    EXPECT_ERROR(Unsupported, "only images of one to three axes",
                 shape_of({"Conv", {{kN, 3, 1, 1, 1, 1}, {4, 3, 1, 1, 1, 1}}}));
}

TEST(PoolShape, RoundsDownOrUp) {
    const Dims image = {kN, 3, 7, 8};
    const std::map<std::string, Attribute> halves = {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}};
    auto up = halves;
    up.emplace("ceil_mode", std::int64_t{1});
    EXPECT_EQ(shape_of({"MaxPool", {image}, halves}), "Nx3x3x4");
    EXPECT_EQ(shape_of({"MaxPool", {image}, up}), "Nx3x4x4");
    EXPECT_EQ(shape_of({"AveragePool", {image}, halves}), "Nx3x3x4");
    EXPECT_EQ(shape_of({"GlobalAveragePool", {image}}), "Nx3x1x1");
    EXPECT_ERROR(InvalidModel, "kernel_shape is missing", shape_of({"MaxPool", {image}}));
}

TEST(NormalizationShape, WantsOneNumberAChannel) {
    const Dims image = {kN, 3, 8, 8};
    EXPECT_EQ(shape_of({"BatchNormalization", {image, {3}, {3}, {3}, {3}}}), "Nx3x8x8");
    EXPECT_ERROR(InvalidModel, "variance: got 4 where 3 is expected",
                 shape_of({"BatchNormalization", {image, {3}, {3}, {3}, {4}}}));
    EXPECT_ERROR(
        Unsupported, "training_mode",
        shape_of({"BatchNormalization", {image, {3}, {3}, {3}, {3}}, {{"training_mode", std::int64_t{1}}}}));
    EXPECT_EQ(shape_of({"LayerNormalization", {{kN, 5, 6}, {6}, {6}}}), "Nx5x6");
    EXPECT_ERROR(InvalidModel, "scale: got 5 where 6 is expected",
                 shape_of({"LayerNormalization", {{kN, 5, 6}, {5}}}));
}

TEST(ReshapeShape, CopiesAndCompletes) {
    EXPECT_EQ(shape_of({"Reshape", {{kN, 64, 7, 7}}, {}, {0, 64, 49}}), "Nx64x49");
    EXPECT_EQ(shape_of({"Reshape", {{kN, 64, 7, 7}}, {}, {-1, 64 * 49}}), "Nx3136");
    EXPECT_EQ(shape_of({"Reshape", {{kN, 64, 7, 7}}, {}, {0, -1}}), "Nx3136");
    EXPECT_EQ(shape_of({"Reshape", {{4, 6}}, {}, {3, -1, 2}}), "3x4x2");
    EXPECT_EQ(shape_of({"Reshape", {{kN, 6}}, {}, {-1, 4}}), "?x4");
    EXPECT_ERROR(InvalidModel, "a value of shape Nx6 does not fit in [0, 4]",
                 shape_of({"Reshape", {{kN, 6}}, {}, {0, 4}}));
    EXPECT_ERROR(InvalidModel, "24 elements do not split into rows of 5",
                 shape_of({"Reshape", {{4, 6}}, {}, {5, -1}}));
    EXPECT_ERROR(InvalidModel, "leaves more than one dimension open",
                 shape_of({"Reshape", {{4, 6}}, {}, {-1, -1}}));
    EXPECT_ERROR(InvalidModel, "copies dimension 2", shape_of({"Reshape", {{4, 6}}, {}, {4, 6, 0}}));
}

TEST(OtherShapes, TransposeMeanAndBounds) {
    EXPECT_EQ(shape_of({"Transpose", {{kN, 3, 4}}}), "4x3xN");
    EXPECT_EQ(shape_of({"Transpose", {{kN, 3, 4}}, {{"perm", Ints{0, 2, 1}}}}), "Nx4x3");
    EXPECT_ERROR(InvalidModel, "perm=[0, 2, 2]",
                 shape_of({"Transpose", {{kN, 3, 4}}, {{"perm", Ints{0, 2, 2}}}}));
    EXPECT_EQ(shape_of({"ReduceMean", {{kN, 3, 4}}, {{"axes", Ints{1}}}}), "Nx1x4");
    EXPECT_EQ(shape_of({"ReduceMean", {{kN, 3, 4}}, {{"axes", Ints{-1, 1}}, {"keepdims", std::int64_t{0}}}}),
              "N");
    EXPECT_EQ(shape_of({"Clip", {{kN, 3}, {}, {}}}), "Nx3");
    EXPECT_ERROR(InvalidModel, "max has shape 3", shape_of({"Clip", {{kN, 3}, {}, {3}}}));
    EXPECT_EQ(shape_of({"Dropout", {{kN, 3}}}), "Nx3");
}

/// A weight of a convolution costs one multiply-add at each place of its output; of a layer on tokens, one a
/// token.
TEST(Prunable, CountsPositions) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {kN, 3, 8, 6}}}, {"t", {DType::f32, {kN, 5, 4}}}};
    graph.initializers.emplace("w", Tensor(DType::f32, {4, 3, 3, 3}));
    graph.initializers.emplace("m", Tensor(DType::f32, {4, 2}));
    graph.nodes = {{"conv", "Conv", {"x", "w"}, {"y"}, {{"strides", Ints{2, 1}}}},
                   {"dense", "MatMul", {"t", "m"}, {"z"}, {}}};
    graph.outputs = {{"y", {DType::f32, {kN, 4, 3, 4}}}, {"z", {DType::f32, {kN, 5, 2}}}};
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].output_axis, 0);
    EXPECT_EQ(found[0].macs_per_weight, 12);
    EXPECT_EQ(found[1].output_axis, 1);
    EXPECT_EQ(found[1].macs_per_weight, 5);
}

/// At 6 x 4 the convolution has 24 places; while H and W are open, nobody knows.
TEST(Prunable, CountsNoOpenDimensionAsOne) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {kN, 3, Dim("H"), Dim("W")}}}};
    graph.initializers.emplace("w", Tensor(DType::f32, {4, 3, 3, 3}));
    graph.initializers.emplace("m", Tensor(DType::f32, {4, 2}));
    graph.nodes = {{"conv", "Conv", {"x", "w"}, {"y"}, {{"pads", Ints{1, 1, 1, 1}}}},
                   {"pool", "GlobalAveragePool", {"y"}, {"p"}, {}},
                   {"flat", "Flatten", {"p"}, {"q"}, {}},
                   {"dense", "MatMul", {"q", "m"}, {"z"}, {}}};
    graph.outputs = {{"z", {DType::f32, {kN, 2}}}};
    const auto open = prunable(graph);
    ASSERT_EQ(open.size(), 2U);
    EXPECT_TRUE(std::isnan(open[0].macs_per_weight));
    EXPECT_EQ(open[1].macs_per_weight, 1) << "does not depend on them";
    EXPECT_EQ(open_dimensions(graph), "H and W of input \"x\" (Nx3xHxW)");
    EXPECT_EQ(counted_shapes(graph), "1x3xHxW");
    set_input_shapes(graph, {{"x", {2, 3, 6, 4}}});
    EXPECT_EQ(prunable(graph)[0].macs_per_weight, 24) << "of each of two examples";
    EXPECT_EQ(open_dimensions(graph), "");
}

/// Rows of all tokens: N x 5 tokens are folded into one dimension, of which a shape rule only knows that it
/// is open.
TEST(Prunable, CountsTokensFoldedIntoTheBatch) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {kN, 5, 4}}}};
    graph.initializers.emplace("rows", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{-1, 4}));
    graph.initializers.emplace("m", Tensor(DType::f32, {4, 6}));
    graph.nodes = {{"flat", "Reshape", {"x", "rows"}, {"r"}, {}},
                   {"tokens", "MatMul", {"r", "m"}, {"y"}, {}}};
    graph.outputs = {{"y", {DType::f32, {Dim(), 6}}}};
    EXPECT_EQ(prunable(graph)[0].macs_per_weight, 5);
}

TEST(Prunable, CountsEveryUseOfATiedWeight) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {kN, 5, 4}}}, {"t", {DType::f32, {kN, 3, 4}}}};
    graph.initializers.emplace("m", Tensor(DType::f32, {4, 6}));
    graph.nodes = {{"first", "MatMul", {"x", "m"}, {"y"}, {}}, {"second", "MatMul", {"t", "m"}, {"z"}, {}}};
    graph.outputs = {{"y", {DType::f32, {kN, 5, 6}}}, {"z", {DType::f32, {kN, 3, 6}}}};
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].macs_per_weight, 8);
}

TEST(InputShapes, AreCheckedAndBindSymbols) {
    Graph graph;
    graph.inputs = {{"ids", {DType::i64, {kN, Dim("S")}}},
                    {"mask", {DType::i64, {kN, Dim("S")}}},
                    {"extra", {DType::f32, {kN, Dim(), 7}}}};
    EXPECT_EQ(
        open_dimensions(graph),
        "S of input \"ids\" (NxS), S of input \"mask\" (NxS) and dimension 1 of input \"extra\" (Nx?x7)");
    EXPECT_THROW(set_input_shapes(graph, {{"idz", {1, 8}}}), InvalidArgument);
    EXPECT_THROW(set_input_shapes(graph, {{"ids", {1, 8, 2}}}), InvalidArgument);
    EXPECT_THROW(set_input_shapes(graph, {{"extra", {1, 8, 6}}}), InvalidArgument);
    EXPECT_THROW(set_input_shapes(graph, {{"ids", {1, 8}}, {"mask", {1, 9}}}), InvalidArgument);
    set_input_shapes(graph, {{"ids", {1, 8}}});
    EXPECT_EQ(to_string(graph.inputs[1].type.dims), "1x8") << "the same symbols";
    EXPECT_EQ(to_string(graph.inputs[2].type.dims), "1x?x7");
}

/// Attention often has tokens in dimension 0 and the batch behind it; a file may fix the batch; and a
/// transposed convolution spreads every element of its input.
TEST(Prunable, CountsPositionsWhereverTheBatchIs) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {2, 5, 4}}}};
    graph.initializers.emplace("m", Tensor(DType::f32, {4, 6}));
    graph.initializers.emplace("g", Tensor(DType::f32, {6, 4}));
    graph.initializers.emplace("rows", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{10, 4}));
    graph.nodes = {{"turn", "Transpose", {"x"}, {"t"}, {{"perm", Ints{1, 0, 2}}}},
                   {"tokens", "MatMul", {"t", "m"}, {"y"}, {}},
                   {"flat", "Reshape", {"x", "rows"}, {"r"}, {}},
                   {"gemm", "Gemm", {"r", "g"}, {"z"}, {{"transB", std::int64_t{1}}}}};
    graph.outputs = {{"y", {DType::f32, {5, 2, 6}}}, {"z", {DType::f32, {10, 6}}}};
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].macs_per_weight, 5);
    EXPECT_EQ(found[1].macs_per_weight, 5);
}

}  // namespace
}  // namespace espalier
