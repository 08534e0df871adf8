// Types and shapes that each operator gives.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/graph.h"

namespace espalier {
namespace {

const Dim kN("N");

struct Input {
    Dims dims;
    DType dtype = DType::f32;
};

ValueType infer(const std::string& op, const std::vector<Input>& inputs,
                std::map<std::string, Attribute> attributes = {}) {
    Graph graph;
    Node node{.name = "node", .op = op, .inputs = {}, .outputs = {"y"}, .attributes = std::move(attributes)};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::string name = "x" + std::to_string(i);
        graph.inputs.push_back({name, {inputs[i].dtype, inputs[i].dims}});
        node.inputs.push_back(name);
    }
    graph.nodes.push_back(node);
    return infer_types(graph).at("y");
}

std::string shape(const std::string& op, const std::vector<Input>& inputs,
                  std::map<std::string, Attribute> attributes = {}) {
    return to_string(infer(op, inputs, std::move(attributes)).dims);
}

Attribute integer(std::int64_t value) { return value; }

TEST(Shapes, DimsAsText) {
    EXPECT_EQ(to_string(Dims{}), "scalar");
    EXPECT_EQ(to_string(Dims{kN, Dim(1), Dim()}), "Nx1x?");
    EXPECT_EQ(to_dims({2, 3}), (Dims{Dim(2), Dim(3)}));
}

TEST(Shapes, ElementWiseKeepsTypeAndShape) {
    for (const char* op : {"Relu", "Identity", "Softmax"}) {
        SCOPED_TRACE(op);
        const ValueType type = infer(op, {{{kN, Dim(3), Dim()}, DType::f64}});
        EXPECT_EQ(type, (ValueType{DType::f64, {kN, Dim(3), Dim()}}));
    }
    EXPECT_EQ(shape("Relu", {{{}}}), "scalar");
}

TEST(Shapes, SoftmaxAxis) {
    EXPECT_EQ(shape("Softmax", {{{kN, Dim(3)}}}, {{"axis", integer(0)}}), "Nx3");
    EXPECT_EQ(shape("Softmax", {{{kN, Dim(3)}}}, {{"axis", integer(-2)}}), "Nx3");
    EXPECT_ERROR(InvalidModel, "node \"node\": axis=2 of a value with 2 dimensions",
                 shape("Softmax", {{{kN, Dim(3)}}}, {{"axis", integer(2)}}));
    EXPECT_THROW(shape("Softmax", {{{kN, Dim(3)}}}, {{"axis", integer(-3)}}), InvalidModel);
    EXPECT_THROW(shape("Softmax", {{{}}}), InvalidModel);
}

TEST(Shapes, AddBroadcasts) {
    EXPECT_EQ(shape("Add", {{{Dim(2), Dim(3)}}, {{Dim(2), Dim(3)}}}), "2x3");
    EXPECT_EQ(shape("Add", {{{Dim(2), Dim(3)}}, {{Dim(3)}}}), "2x3");
    EXPECT_EQ(shape("Add", {{{}}, {{Dim(2), Dim(3)}}}), "2x3");
    EXPECT_EQ(shape("Add", {{{Dim(2), Dim(1), Dim(4)}}, {{Dim(3), Dim(1)}}}), "2x3x4");
    EXPECT_EQ(shape("Add", {{{kN, Dim(3)}}, {{Dim(1), Dim(3)}}}), "Nx3");
    EXPECT_EQ(shape("Add", {{{kN, Dim(3)}}, {{kN, Dim(3)}}}), "Nx3");
    EXPECT_EQ(shape("Add", {{{kN, Dim()}}, {{Dim(5), Dim(3)}}}), "5x3");
    EXPECT_EQ(shape("Add", {{{Dim(0)}}, {{Dim(1)}}}), "0");
    EXPECT_ERROR(InvalidModel, "node \"node\": broadcast dimension: got 4 where 3 is expected",
                 shape("Add", {{{Dim(2), Dim(3)}}, {{Dim(4)}}}));
}

TEST(Shapes, FlattenMultiplies) {
    const Input image{{kN, Dim(1), Dim(28), Dim(28)}};
    EXPECT_EQ(shape("Flatten", {image}), "Nx784");
    EXPECT_EQ(shape("Flatten", {image}, {{"axis", integer(2)}}), "Nx784");
    EXPECT_EQ(shape("Flatten", {image}, {{"axis", integer(3)}}), "?x28");
    EXPECT_EQ(shape("Flatten", {image}, {{"axis", integer(4)}}), "?x1");
    EXPECT_EQ(shape("Flatten", {image}, {{"axis", integer(0)}}), "1x?");
    EXPECT_EQ(shape("Flatten", {image}, {{"axis", integer(-1)}}), "?x28");
    EXPECT_EQ(shape("Flatten", {{{Dim(2), Dim(3)}}}, {{"axis", integer(0)}}), "1x6");
    EXPECT_EQ(shape("Flatten", {{{Dim(2), Dim(0), Dim(3)}}}), "2x0");
    EXPECT_EQ(shape("Flatten", {{{}}}, {{"axis", integer(0)}}), "1x1");
    EXPECT_THROW(shape("Flatten", {image}, {{"axis", integer(5)}}), InvalidModel);
    EXPECT_THROW(shape("Flatten", {image}, {{"axis", integer(-5)}}), InvalidModel);
    EXPECT_ERROR(InvalidModel, "node \"node\": more elements than memory can hold",
                 shape("Flatten", {{{Dim(1), Dim(std::int64_t{1} << 40), Dim(std::int64_t{1} << 40)}}}));
}

TEST(Shapes, Gemm) {
    const Input x{{kN, Dim(6)}};
    EXPECT_EQ(shape("Gemm", {x, {{Dim(6), Dim(4)}}}), "Nx4");
    EXPECT_EQ(shape("Gemm", {x, {{Dim(4), Dim(6)}}, {{Dim(4)}}}, {{"transB", integer(1)}}), "Nx4");
    EXPECT_EQ(
        shape("Gemm", {{{Dim(6), Dim(2)}}, {{Dim(6), Dim(4)}}, {{Dim(2), Dim(1)}}}, {{"transA", integer(1)}}),
        "2x4");
    EXPECT_EQ(shape("Gemm", {x, {{Dim(6), Dim(4)}}, {{}}}), "Nx4");
    EXPECT_ERROR(InvalidModel, "inner dimension of Gemm: got 6 where 5 is expected",
                 shape("Gemm", {x, {{Dim(5), Dim(4)}}}));
    EXPECT_THROW(shape("Gemm", {x, {{Dim(6), Dim(4)}}, {{Dim(3)}}}), InvalidModel);
    EXPECT_ERROR(InvalidModel, "bias of shape 1x1x4 does not broadcast to Nx4",
                 shape("Gemm", {x, {{Dim(6), Dim(4)}}, {{Dim(1), Dim(1), Dim(4)}}}));
    EXPECT_ERROR(InvalidModel, "input A of Gemm has shape 6, expected 2 dimensions",
                 shape("Gemm", {{{Dim(6)}}, {{Dim(6), Dim(4)}}}));
    EXPECT_ERROR(InvalidModel, "input B of Gemm has shape 2x6x4, expected 2 dimensions",
                 shape("Gemm", {x, {{Dim(2), Dim(6), Dim(4)}}}));
}

TEST(Shapes, MatMul) {
    EXPECT_EQ(shape("MatMul", {{{kN, Dim(6)}}, {{Dim(6), Dim(4)}}}), "Nx4");
    EXPECT_EQ(shape("MatMul", {{{Dim(6)}}, {{Dim(6), Dim(4)}}}), "4");
    EXPECT_EQ(shape("MatMul", {{{kN, Dim(6)}}, {{Dim(6)}}}), "N");
    EXPECT_EQ(shape("MatMul", {{{Dim(6)}}, {{Dim(6)}}}), "scalar");
    EXPECT_EQ(shape("MatMul", {{{kN, Dim(8), Dim(3), Dim(6)}}, {{Dim(6), Dim(4)}}}), "Nx8x3x4");
    EXPECT_EQ(shape("MatMul", {{{Dim(2), Dim(1), Dim(3), Dim(6)}}, {{Dim(5), Dim(6), Dim(4)}}}), "2x5x3x4");
    EXPECT_ERROR(InvalidModel, "inner dimension of MatMul: got 6 where 5 is expected",
                 shape("MatMul", {{{kN, Dim(6)}}, {{Dim(5), Dim(4)}}}));
    EXPECT_THROW(shape("MatMul", {{{Dim(2), Dim(3), Dim(6)}}, {{Dim(4), Dim(6), Dim(4)}}}), InvalidModel);
    EXPECT_ERROR(InvalidModel, "MatMul of a scalar", shape("MatMul", {{{}}, {{Dim(5), Dim(4)}}}));
}

TEST(Shapes, InputsOfOneNodeHoldOneType) {
    const Input a{{Dim(2), Dim(2)}, DType::f32};
    const Input b{{Dim(2), Dim(2)}, DType::f64};
    for (const char* op : {"Add", "MatMul", "Gemm"}) {
        EXPECT_ERROR(InvalidModel, "node \"node\": input 1 holds f64, but input 0 holds f32",
                     infer(op, {a, b}));
    }
    EXPECT_ERROR(InvalidModel, "input 2 holds f64, but input 0 holds f32", infer("Gemm", {a, a, b}));
}

}  // namespace
}  // namespace espalier
