// Every lowering against its definition in double precision.
#include <gtest/gtest.h>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/lowering.h"
#include "runtime/networks.h"
#include "runtime/plain.h"

namespace espalier {
namespace {

using runtime::Options;
using test::random_tensor;

/// A graph of a few nodes whose inputs have fixed shapes; the last node gives the output.
struct Case {
    std::string name;
    std::map<std::string, Shape> inputs;
    std::map<std::string, Shape> constants;
    std::vector<Node> nodes;
};

Node node(std::string op, std::vector<std::string> inputs, std::string output,
          std::map<std::string, Attribute> attributes = {}) {
    return {.name = output,
            .op = std::move(op),
            .inputs = std::move(inputs),
            .outputs = {output},
            .attributes = std::move(attributes)};
}

Attribute integer(std::int64_t value) { return value; }

Graph graph_of(const Case& test) {
    Graph graph;
    graph.name = test.name;
    for (const auto& [name, shape] : test.inputs)
        graph.inputs.push_back({name, {DType::f32, to_dims(shape)}});
    for (const auto& [name, shape] : test.constants) graph.initializers[name] = random_tensor(shape, name);
    graph.nodes = test.nodes;
    const std::string& last = test.nodes.back().outputs.front();
    graph.outputs.push_back({last, infer_types(graph).at(last)});
    return graph;
}

std::vector<Case> cases() {
    std::vector<Case> all = {
        {"Flatten", {{"x", {2, 3, 4}}}, {}, {node("Flatten", {"x"}, "y", {{"axis", integer(2)}})}},
        {"FlattenAxis0", {{"x", {2, 3, 4}}}, {}, {node("Flatten", {"x"}, "y", {{"axis", integer(0)}})}},
        {"FlattenBetween",
         {{"x", {2, 3, 4}}},
         {{"w", {5, 12}}},
         {node("Relu", {"x"}, "r"), node("Flatten", {"r"}, "f"),
          node("Gemm", {"f", "w"}, "y", {{"transB", integer(1)}})}},
        {"Identity", {{"x", {5}}}, {}, {node("Identity", {"x"}, "y")}},
        {"IdentityOfConstant",
         {{"x", {5}}},
         {{"c", {5}}},
         {node("Identity", {"c"}, "i"), node("Add", {"x", "i"}, "y")}},
        {"Relu", {{"x", {3, 7, 5}}}, {}, {node("Relu", {"x"}, "y")}},
        {"ReluOfScalar", {{"x", {}}}, {}, {node("Relu", {"x"}, "y")}},
        {"SoftmaxLast", {{"x", {3, 7, 5}}}, {}, {node("Softmax", {"x"}, "y")}},
        {"SoftmaxMiddle", {{"x", {3, 7, 5}}}, {}, {node("Softmax", {"x"}, "y", {{"axis", integer(1)}})}},
        {"SoftmaxFirst", {{"x", {3, 7}}}, {}, {node("Softmax", {"x"}, "y", {{"axis", integer(-2)}})}},
        {"AddSame", {{"a", {3, 7}}, {"b", {3, 7}}}, {}, {node("Add", {"a", "b"}, "y")}},
        {"AddRow", {{"a", {3, 7}}, {"b", {7}}}, {}, {node("Add", {"a", "b"}, "y")}},
        {"AddRowFirst",
         {{"a", {7}}, {"b", {3, 7}}},
         {},
         {node("Add", {"a", "b"}, "y"), node("Relu", {"y"}, "z")}},
        {"AddBoth",
         {{"a", {3, 1}}, {"b", {1, 7}}},
         {},
         {node("Add", {"a", "b"}, "y"), node("Relu", {"y"}, "z")}},
        {"AddConstant", {{"a", {2, 3, 4}}}, {{"c", {3, 1}}}, {node("Add", {"a", "c"}, "y")}},
        {"AddTwice", {{"a", {4}}}, {}, {node("Add", {"a", "a"}, "y")}},
        {"MatMulActivations", {{"a", {6, 5}}, {"b", {5, 4}}}, {}, {node("MatMul", {"a", "b"}, "y")}},
        {"MatMulBatched",
         {{"a", {2, 3, 6, 5}}, {"b", {3, 5, 4}}},
         {},
         {node("MatMul", {"a", "b"}, "y"), node("Relu", {"y"}, "z")}},
        {"MatMulRepeated", {{"a", {1, 6, 5}}, {"b", {3, 5, 4}}}, {}, {node("MatMul", {"a", "b"}, "y")}},
        {"MatMulVectors", {{"a", {5}}, {"b", {5}}}, {}, {node("MatMul", {"a", "b"}, "y")}},
        {"MatMulVectorMatrix", {{"a", {5}}, {"b", {2, 5, 4}}}, {}, {node("MatMul", {"a", "b"}, "y")}},
        {"MatMulMatrixVector", {{"a", {2, 6, 5}}, {"b", {5}}}, {}, {node("MatMul", {"a", "b"}, "y")}},
        {"MatMulConstant", {{"x", {2, 9, 5}}}, {{"w", {5, 4}}}, {node("MatMul", {"x", "w"}, "y")}},
        {"MatMulConstantVector", {{"x", {9, 5}}}, {{"w", {5}}}, {node("MatMul", {"x", "w"}, "y")}},
        {"MatMulVectorConstant", {{"x", {5}}}, {{"w", {5, 4}}}, {node("MatMul", {"x", "w"}, "y")}},
        {"MatMulBatchOfConstants", {{"x", {2, 9, 5}}}, {{"w", {2, 5, 4}}}, {node("MatMul", {"x", "w"}, "y")}},
        {"MatMulAddRelu",
         {{"x", {2, 9, 5}}},
         {{"w", {5, 4}}, {"b", {4}}},
         {node("MatMul", {"x", "w"}, "m"), node("Add", {"b", "m"}, "a"), node("Relu", {"a"}, "y")}},
        {"MatMulAddOne",
         {{"x", {9, 5}}},
         {{"w", {5, 4}}, {"b", {1, 1}}},
         {node("MatMul", {"x", "w"}, "m"), node("Add", {"m", "b"}, "y")}},
        {"MatMulAddRows",
         {{"x", {4, 5}}},
         {{"w", {5, 4}}, {"b", {4, 1}}},
         {node("MatMul", {"x", "w"}, "m"), node("Add", {"m", "b"}, "y")}},
        {"MatMulReadTwice",
         {{"x", {4, 5}}},
         {{"w", {5, 5}}},
         {node("MatMul", {"x", "w"}, "m"), node("Relu", {"m"}, "r"), node("Add", {"m", "r"}, "y")}},
        {"MatMulNothingToSum", {{"a", {3, 0}}, {"b", {0, 4}}}, {}, {node("MatMul", {"a", "b"}, "y")}},
        {"Residual",
         {{"x", {33, 8}}},
         {{"w", {8, 8}}, {"b", {8}}},
         {node("Gemm", {"x", "w", "b"}, "g"), node("Relu", {"g"}, "r"), node("Add", {"x", "r"}, "y")}},
    };
    const std::map<std::string, Shape> biases = {{"None", {}},       {"Row", {4}},     {"RowMatrix", {1, 4}},
                                                 {"Column", {6, 1}}, {"Full", {6, 4}}, {"One", {1}},
                                                 {"Scalar", {}}};
    for (const bool constant_b : {false, true}) {
        for (const bool constant_c : {false, true}) {
            for (const int trans : {0, 1, 2, 3}) {
                for (const auto& [bias, shape] : biases) {
                    Case test;
                    test.name = std::string("Gemm") + (constant_b ? "W" : "B") +
                                (constant_c ? "Const" : "Var") + bias + std::to_string(trans);
                    test.inputs["a"] = (trans & 1) != 0 ? Shape{5, 6} : Shape{6, 5};
                    (constant_b ? test.constants : test.inputs)["b"] =
                        (trans & 2) != 0 ? Shape{4, 5} : Shape{5, 4};
                    std::vector<std::string> inputs = {"a", "b"};
                    if (bias != "None") {
                        (constant_c ? test.constants : test.inputs)["c"] = shape;
                        inputs.emplace_back("c");
                    }
                    test.nodes = {node("Gemm", inputs, "y",
                                       {{"transA", integer(trans & 1)},
                                        {"transB", integer(trans >> 1)},
                                        {"alpha", trans == 3 ? 1.0F : 0.5F},
                                        {"beta", trans == 0 ? 1.0F : -2.0F}})};
                    if (trans != 1) test.nodes.push_back(node("Relu", {"y"}, "z"));
                    all.push_back(std::move(test));
                }
            }
        }
    }
    return all;
}

class Lowered : public testing::TestWithParam<Case> {};

TEST_P(Lowered, MatchesItsDefinition) {
    const Graph graph = graph_of(GetParam());
    NamedTensors inputs;
    for (const auto& [name, shape] : GetParam().inputs) inputs[name] = random_tensor(shape, "input " + name);
    const test::Plain expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
    for (const auto choice : {Options::Choice::dense, Options::Choice::sparse, Options::Choice::measured}) {
        for (const int threads : {1, 2}) {
            runtime::Session session = runtime::compile(graph, {.threads = threads, .choice = choice});
            const auto outputs = session.run(inputs);
            ASSERT_EQ(outputs.size(), 1U);
            test::expect_near(outputs[0], expected, 1e-5);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, Lowered, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(Lowerings, EveryOneIsTested) {
    for (const runtime::Lowering* lowering : runtime::lowerings()) {
        bool found = false;
        for (const Case& test : cases()) {
            for (const Node& node : test.nodes) found |= node.op == lowering->name;
        }
        EXPECT_TRUE(found) << lowering->name;
    }
}

}  // namespace
}  // namespace espalier
