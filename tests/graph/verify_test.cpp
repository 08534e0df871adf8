// What makes a graph invalid, and how it is said.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/graph.h"
#include "graph/builder.h"

namespace espalier {
namespace {

/// input -> fc1 -> relu -> fc2 -> output
Graph network() {
    GraphBuilder builder("network", 1);
    std::string x = builder.input("input", {Dim("N"), Dim(6)});
    x = builder.relu("relu", builder.linear("fc1", x, 6, 5));
    builder.output(builder.linear("fc2", x, 5, 4));
    return std::move(builder).finish();
}

TEST(Verify, AValidGraph) { EXPECT_NO_THROW(verify(network())); }

TEST(Verify, InputsMustBeDefinedBefore) {
    Graph graph = network();
    graph.nodes[1].inputs[0] = "nowhere";
    EXPECT_ERROR(InvalidModel, "node \"relu\": input \"nowhere\" is not defined before it", verify(graph));
    graph = network();
    std::swap(graph.nodes[0], graph.nodes[1]);
    EXPECT_ERROR(InvalidModel, "node \"relu\": input \"fc1\" is not defined before it", verify(graph));
    graph = network();
    graph.nodes[0].inputs[0] = "fc2";  // a cycle
    EXPECT_ERROR(InvalidModel, "node \"fc1\": input \"fc2\" is not defined before it", verify(graph));
    graph = network();
    graph.nodes[1].inputs[0] = "relu";  // itself
    EXPECT_ERROR(InvalidModel, "node \"relu\": input \"relu\" is not defined before it", verify(graph));
}

TEST(Verify, NamesAreUnique) {
    Graph graph = network();
    graph.nodes[1].outputs[0] = "fc1";
    EXPECT_ERROR(InvalidModel, "node \"relu\": value \"fc1\" is defined twice", verify(graph));
    graph = network();
    graph.nodes[1].outputs[0] = "fc1.weight";
    EXPECT_ERROR(InvalidModel, "value \"fc1.weight\" is defined twice", verify(graph));
    graph = network();
    graph.inputs.push_back(graph.inputs[0]);
    EXPECT_ERROR(InvalidModel, "input \"input\": the name is used twice", verify(graph));
    graph = network();
    graph.inputs.push_back({"fc1.bias", {DType::f32, {Dim(5)}}});
    EXPECT_ERROR(InvalidModel, "initialiser \"fc1.bias\": the name is used twice", verify(graph));
}

TEST(Verify, NamesAreNotEmpty) {
    Graph graph = network();
    graph.inputs.push_back({"", {}});
    EXPECT_ERROR(InvalidModel, "input without a name", verify(graph));
    graph = network();
    graph.initializers.emplace("", Tensor());
    EXPECT_ERROR(InvalidModel, "initialiser without a name", verify(graph));
}

TEST(Verify, Arity) {
    Graph graph = network();
    graph.nodes[1].inputs.clear();
    EXPECT_ERROR(InvalidModel, "node \"relu\": Relu has 0 inputs, expected 1 to 1", verify(graph));
    graph.nodes[1].inputs = {"fc1", "fc1"};
    EXPECT_ERROR(InvalidModel, "Relu has 2 inputs, expected 1 to 1", verify(graph));
    graph.nodes[1].inputs = {""};
    EXPECT_ERROR(InvalidModel, "node \"relu\": input 0 of Relu is left out but required", verify(graph));
    graph = network();
    graph.nodes[1].outputs = {"relu", "more"};
    EXPECT_ERROR(InvalidModel, "node \"relu\": Relu has 2 outputs, expected 1", verify(graph));
    graph.nodes[1].outputs.clear();
    EXPECT_ERROR(InvalidModel, "Relu has 0 outputs, expected 1", verify(graph));
    graph = network();
    graph.nodes[0].inputs[2] = "";  // the bias is optional
    EXPECT_NO_THROW(verify(graph));
}

TEST(Verify, UnknownOperator) {
    Graph graph = network();
    graph.nodes[1].op = "Frobnicate";
    EXPECT_ERROR(Unsupported, "node \"relu\": operator \"Frobnicate\" is not supported", verify(graph));
}

TEST(Verify, AttributesOfTheWrongType) {
    Graph graph = network();
    graph.nodes[0].attributes["transB"] = 1.0F;
    EXPECT_ERROR(InvalidModel, "node \"fc1\": attribute \"transB\" has the wrong type", verify(graph));
    graph = network();
    graph.nodes[0].attributes["alpha"] = std::int64_t{1};
    EXPECT_ERROR(InvalidModel, "node \"fc1\": attribute \"alpha\" has the wrong type", verify(graph));
}

TEST(Verify, ShapesThatDisagree) {
    Graph graph = network();
    graph.initializers.at("fc2.weight") = Tensor(DType::f32, {4, 7});
    EXPECT_ERROR(InvalidModel, "node \"fc2\": inner dimension of Gemm: got 5 where 7 is expected",
                 verify(graph));
}

TEST(Verify, Outputs) {
    Graph graph = network();
    graph.outputs.clear();
    EXPECT_ERROR(InvalidModel, "graph \"network\" has no outputs", verify(graph));
    graph = network();
    graph.outputs[0].name = "nowhere";
    EXPECT_ERROR(InvalidModel, "output \"nowhere\" is not defined by any node", verify(graph));
    graph = network();
    graph.outputs[0].type.dims[1] = Dim(9);
    EXPECT_ERROR(InvalidModel, "output \"fc2\" is declared as f32 Nx9, but the nodes give f32 Nx4",
                 verify(graph));
    graph = network();
    graph.outputs[0].type.dtype = DType::f64;
    EXPECT_ERROR(InvalidModel, "is declared as f64 Nx4, but the nodes give f32 Nx4", verify(graph));
    graph = network();
    graph.outputs[0].type.dims = {Dim("M"), Dim()};  // symbols and unknown dimensions may be called otherwise
    EXPECT_NO_THROW(verify(graph));
}

TEST(Verify, NodesWithoutANameAreToldByTheirValue) {
    Graph graph = network();
    graph.nodes[1].name.clear();
    graph.nodes[1].inputs[0] = "nowhere";
    EXPECT_ERROR(InvalidModel, "Relu node that gives \"relu\": input \"nowhere\"", verify(graph));
}

TEST(PrunableWeights, AreMatricesThatMultiplyActivations) {
    Graph graph = network();
    EXPECT_EQ(prunable_weights(graph), (std::vector<std::string>{"fc1.weight", "fc2.weight"}));

    graph.nodes[0].inputs[1] = "shared";  // used by two nodes: named once, in the order of the nodes
    graph.nodes[2].inputs[1] = "shared";
    graph.nodes[0].inputs[2] = graph.nodes[2].inputs[2] = "bias";
    graph.initializers.emplace("bias", Tensor(DType::f32, {6}));
    graph.initializers.emplace("shared", Tensor(DType::f32, {6, 6}));
    EXPECT_EQ(prunable_weights(graph), (std::vector<std::string>{"shared"}));

    graph.initializers.erase("shared");  // then it is no initialiser but an activation
    EXPECT_TRUE(prunable_weights(graph).empty());
}

}  // namespace
}  // namespace espalier
