// Products, sums and what goes with fully connected layers, against their definitions in double precision.
#include "runtime/cases/cases.h"

namespace espalier::test {

std::vector<Case> layer_cases() {
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
        {"SoftmaxWide", {{"x", {2, 16, 4, 150}}}, {}, {node("Softmax", {"x"}, "y", {{"axis", integer(1)}})}},
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

}  // namespace espalier::test
