// Sequences of tensors: what they hold is followed while a file is read.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "graph/evaluation.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using onnx::pb::GraphProto;
using onnx::pb::ModelProto;
using onnx::pb::TensorProto;
using testing::add_body;
using testing::add_node;
using testing::add_value;
using testing::set_int;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

constexpr int kOpset = 17;

/// A model whose graph has an input x [2, 6] and an output y, and no nodes.
ModelProto empty_model() {
    ModelProto model = testing::one_node("Relu", {2, 6}, kOpset);
    model.mutable_graph()->clear_node();
    return model;
}

void add_integers(GraphProto& graph, const std::string& name, const Ints& values, bool scalar = false) {
    const Tensor tensor = Tensor::of<std::int64_t>({std::ssize(values)}, values);
    onnx::fill(*graph.add_initializer(), name, scalar ? Tensor(tensor).reshaped({}) : tensor);
}

/// What the graph gives for x = 0, 1, ... 11, node by node.
Tensor computed(const Graph& graph) {
    std::map<std::string, Tensor> values(graph.initializers.begin(), graph.initializers.end());
    Tensor x(DType::f32, {2, 6});
    for (std::size_t i = 0; i < 12; ++i) x.f32()[i] = static_cast<float>(i);
    values.emplace("x", x);
    for (const Node& node : graph.nodes) {
        std::vector<const Tensor*> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(input.empty() ? nullptr : &values.at(input));
        std::vector<Tensor> outputs = evaluate(node, inputs);
        for (std::size_t i = 0; i < node.outputs.size(); ++i)
            values.insert_or_assign(node.outputs[i], std::move(outputs[i]));
    }
    return values.at("y");
}

Floats floats(const Tensor& tensor) { return {tensor.f32().begin(), tensor.f32().end()}; }

/// As torch writes x.unbind(1)[2] and x.chunk().
TEST(Sequences, AnElementOfASplitIsThatPiece) {
    ModelProto model = empty_model();
    GraphProto& graph = *model.mutable_graph();
    add_integers(graph, "two", {-4}, true);
    set_int(add_node(graph, "SplitToSequence", {"x"}, "s"), "axis", 1);
    set_int(*graph.mutable_node(0), "keepdims", 0);
    add_node(graph, "SequenceAt", {"s", "two"}, "y");
    const Graph read = testing::parse(model);
    EXPECT_EQ(to_string(read.outputs[0].type.dims), "2");
    EXPECT_EQ(floats(computed(read)), (Floats{2, 8}));
    EXPECT_FALSE(read.initializers.contains("two")) << "nothing reads it any more";
}

TEST(Sequences, PiecesOfGivenSizesAndBack) {
    for (const bool each : {false, true}) {
        ModelProto model = empty_model();
        GraphProto& graph = *model.mutable_graph();
        add_integers(graph, "sizes", each ? Ints{1, 5} : Ints{4}, !each);
        add_integers(graph, "first", {0}, true);
        set_int(add_node(graph, "SplitToSequence", {"x", "sizes"}, "s"), "axis", -1);
        add_node(graph, "SequenceAt", {"s", "first"}, "head");
        add_node(graph, "SequenceErase", {"s", "first"}, "rest");
        add_node(graph, "SequenceInsert", {"rest", "head"}, "turned");
        set_int(add_node(graph, "ConcatFromSequence", {"turned"}, "y"), "axis", 1);
        EXPECT_EQ(floats(computed(testing::parse(model))),
                  each ? (Floats{1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 6})
                       : (Floats{4, 5, 0, 1, 2, 3, 10, 11, 6, 7, 8, 9}));
    }
}

TEST(Sequences, StacksAndLengths) {
    ModelProto model = empty_model();
    GraphProto& graph = *model.mutable_graph();
    add_node(graph, "Neg", {"x"}, "n");
    add_node(graph, "SequenceConstruct", {"x", "n", "x"}, "s");
    add_node(graph, "SequenceLength", {"s"}, "length");
    set_int(add_node(graph, "Cast", {"length"}, "three"), "to", 1);
    set_int(add_node(graph, "ConcatFromSequence", {"s"}, "stack"), "axis", 0);
    set_int(*graph.mutable_node(4), "new_axis", 1);
    add_node(graph, "Mul", {"stack", "three"}, "y");
    const Graph read = testing::parse(model);
    EXPECT_EQ(to_string(read.outputs[0].type.dims), "3x2x6");
    EXPECT_EQ(floats(computed(read))[23], -33);
}

/// s = []; for i in range(rounds): s.append(x * w[i]); the body's constant is there once.
ModelProto loop_model(std::int64_t rounds, bool scalar = true) {
    ModelProto model = empty_model();
    GraphProto& graph = *model.mutable_graph();
    add_integers(graph, "rounds", {rounds}, true);
    add_node(graph, "SequenceEmpty", {}, "none");
    auto& loop = add_node(graph, "Loop", {"rounds", "", "none", "x"}, "s");
    loop.add_output("last");
    GraphProto& body = add_body(loop, "body");
    add_value(*body.add_input(), "i", TensorProto::INT64, scalar ? Ints{} : Ints{1});
    add_value(*body.add_input(), "go", TensorProto::BOOL, {});
    body.add_input()->set_name("before");
    add_value(*body.add_input(), "v", TensorProto::FLOAT, {2, 6});
    onnx::fill(*body.add_initializer(), "w", Tensor::of<float>({3}, Floats{1, 10, 100}));
    add_node(body, "Gather", {"w", "i"}, "factor");
    add_node(body, "Mul", {"x", "factor"}, "piece");
    add_node(body, "SequenceInsert", {"before", "piece"}, "after");
    add_node(body, "Add", {"v", "piece"}, "sum");
    add_node(body, "Identity", {"go"}, "goes");
    for (const char* name : {"goes", "after", "sum"}) body.add_output()->set_name(name);
    set_int(add_node(graph, "ConcatFromSequence", {"s"}, "all"), "axis", 0);
    add_integers(graph, "zero", {0});
    set_int(add_node(graph, "ReduceSum", {"all", "zero"}, "total"), "keepdims", 1);
    add_node(graph, "Sub", {"last", "total"}, "y");
    return model;
}

TEST(Sequences, ALoopThatFillsOneIsReadRoundByRound) {
    for (const bool scalar : {true, false}) {
        const Graph read = testing::parse(loop_model(3, scalar));
        EXPECT_TRUE(std::ranges::none_of(read.nodes, [](const Node& node) { return node.op == "Loop"; }));
        EXPECT_EQ(
            std::ranges::count_if(read.initializers, [](const auto& one) { return one.second.count() == 3; }),
            1);
        // last = x + 111 x; the sum over both rows of all pieces is 111 (x_0 + x_1).
        const Floats y = floats(computed(read));
        for (std::size_t i = 0; i < 12; ++i) {
            const auto column = static_cast<float>(i % 6);
            EXPECT_EQ(y[i], 112 * static_cast<float>(i) - 111 * (2 * column + 6));
        }
    }
}

/// A Loop whose sequence nobody reads leaves its name out, and what it left out is no sequence.
TEST(Sequences, OutputsThatAreLeftOutAreNone) {
    ModelProto model = loop_model(2);
    GraphProto& graph = *model.mutable_graph();
    graph.mutable_node(1)->set_output(0, "");
    graph.mutable_node()->DeleteSubrange(2, 3);
    add_node(graph, "Clip", {"last", "", ""}, "y");
    EXPECT_EQ(floats(computed(testing::parse(model)))[1], 12);
}

/// Neither may take a process down: a node without outputs in a body, and sequences copied in every round.
TEST(Sequences, HostileFilesAreRefused) {
    ModelProto nameless = loop_model(1);
    GraphProto& body = *nameless.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g();
    auto& node = *body.add_node();
    node.set_op_type("If");
    add_body(node, "then_branch");
    EXPECT_ERROR(Unsupported, "a body within a loop", testing::parse(nameless));

    ModelProto copies = empty_model();
    GraphProto& graph = *copies.mutable_graph();
    add_node(graph, "SequenceConstruct", std::vector<std::string>(2000, "x"), "s0");
    for (int i = 0; i < 600; ++i)
        add_node(graph, "SequenceInsert", {"s" + std::to_string(i), "x"}, "s" + std::to_string(i + 1));
    add_integers(graph, "zero", {0}, true);
    add_node(graph, "SequenceAt", {"s600", "zero"}, "y");
    EXPECT_ERROR(Unsupported, "hold more than 1048576 values in all", testing::parse(copies));
}

TEST(Sequences, WhatDependsOnDataIsRefusedByName) {
    ModelProto open = empty_model();
    open.mutable_graph()
        ->mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(1)
        ->set_dim_param("N");
    set_int(add_node(*open.mutable_graph(), "SplitToSequence", {"x"}, "y"), "axis", 1);
    EXPECT_ERROR(Unsupported, "as many pieces as an open dimension has", testing::parse(open));

    ModelProto position = empty_model();
    add_value(*position.mutable_graph()->add_input(), "p", TensorProto::INT64, {});
    add_node(*position.mutable_graph(), "SequenceConstruct", {"x"}, "s");
    add_node(*position.mutable_graph(), "SequenceAt", {"s", "p"}, "y");
    EXPECT_ERROR(Unsupported, "node \"y\" (SequenceAt): a position that depends on data",
                 testing::parse(position));

    ModelProto beyond = empty_model();
    add_integers(*beyond.mutable_graph(), "p", {1}, true);
    add_node(*beyond.mutable_graph(), "SequenceConstruct", {"x"}, "s");
    add_node(*beyond.mutable_graph(), "SequenceAt", {"s", "p"}, "y");
    EXPECT_ERROR(InvalidModel, "position 1 of a sequence of 1", testing::parse(beyond));

    ModelProto unknown = empty_model();
    add_node(*unknown.mutable_graph(), "SequenceAt", {"x", "x"}, "y");
    EXPECT_ERROR(Unsupported, "\"x\" is not a sequence that this graph makes", testing::parse(unknown));

    ModelProto endless = loop_model(1'000'000'000);
    GraphProto& body = *endless.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g();
    add_integers(body, "first", {0}, true);
    body.mutable_node(0)->set_input(1, "first");
    EXPECT_ERROR(Unsupported, "hold more than 1048576 values in all", testing::parse(endless));
}

}  // namespace
}  // namespace espalier
