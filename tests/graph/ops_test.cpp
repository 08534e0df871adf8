// What must hold for every operator in the table, whatever is added to it.
#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "base/expect_error.h"
#include "graph/op.h"

namespace espalier {
namespace {

TEST(Operators, EveryEntryIsComplete) {
    std::set<std::string_view> names;
    for (const Operator* op : ops()) {
        ASSERT_NE(op, nullptr);
        SCOPED_TRACE(op->name);
        ASSERT_FALSE(op->name.empty());
        EXPECT_TRUE(std::isupper(static_cast<unsigned char>(op->name.front())))
            << "ONNX names start with a capital";
        EXPECT_FALSE(op->summary.empty());
        EXPECT_EQ(op->summary.find('\n'), std::string_view::npos);
        EXPECT_NE(op->infer, nullptr);
        EXPECT_LE(op->min_inputs, op->max_inputs);
        EXPECT_GE(op->outputs, 1U);
        EXPECT_LT(op->weight_input, static_cast<int>(op->max_inputs));
        EXPECT_EQ(ops().find(op->name), op);
        names.insert(op->name);
    }
    EXPECT_EQ(names.size(), ops().size()) << "two entries have one name";
    EXPECT_GE(ops().size(), 7U);
}

/// One node with as many inputs as asked for, all of one type.
Graph one_node(const Operator& op, std::size_t inputs, const ValueType& type) {
    Graph graph;
    Node node{.name = "node", .op = std::string(op.name), .inputs = {}, .outputs = {"y"}, .attributes = {}};
    for (std::size_t i = 0; i < inputs; ++i) {
        node.inputs.push_back("x" + std::to_string(i));
        graph.inputs.push_back({node.inputs.back(), type});
    }
    graph.nodes.push_back(std::move(node));
    graph.outputs.push_back({"y", {}});
    return graph;
}

TEST(Operators, TooFewAndTooManyInputsAreRefused) {
    const ValueType square{DType::f32, {Dim(3), Dim(3)}};
    for (const Operator* op : ops()) {
        SCOPED_TRACE(op->name);
        if (op->min_inputs > 0) {
            EXPECT_ERROR(InvalidModel,
                         "node \"node\": ", infer_types(one_node(*op, op->min_inputs - 1, square)));
        }
        if (op->max_inputs < 100) {
            EXPECT_ERROR(InvalidModel,
                         "node \"node\": ", infer_types(one_node(*op, op->max_inputs + 1, square)));
        }
    }
}

/// Shapes of every rank, fixed, symbolic and unknown: a rule either gives a type or names the node, never
/// crashes.
TEST(Operators, AnyShapeIsInferredOrRefused) {
    const Dims wide = {Dim("N"), Dim(3), Dim(), Dim(0), Dim(std::int64_t{1} << 62)};
    for (const Operator* op : ops()) {
        for (std::size_t rank = 0; rank <= wide.size(); ++rank) {
            for (std::size_t inputs = op->min_inputs; inputs <= std::min<std::size_t>(op->max_inputs, 8);
                 ++inputs) {
                SCOPED_TRACE(::testing::Message()
                             << op->name << " of " << inputs << " inputs of rank " << rank);
                const Dims dims(wide.end() - static_cast<std::ptrdiff_t>(rank), wide.end());
                try {
                    infer_types(one_node(*op, inputs, {DType::f32, dims}));
                } catch (const Error& error) {
                    EXPECT_NE(std::string(error.what()).find("node \"node\""), std::string::npos)
                        << error.what();
                }
            }
        }
    }
}

}  // namespace
}  // namespace espalier
