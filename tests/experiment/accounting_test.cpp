// What `inspect` says of the parameters of a file is all of them, whatever their form.
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "espalier/experiment.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "experiment/inspect/inspection.h"

namespace espalier::experiment {
namespace {

namespace pb = ::ONNX_NAMESPACE;

std::int64_t size_of(const pb::TensorProto& tensor) {
    std::int64_t count = 1;
    for (const std::int64_t dim : tensor.dims()) count *= dim;
    return count;
}

/// Of initialisers and Constant nodes, in bodies too, as the message has them.
std::int64_t numbers_in(const pb::GraphProto& graph) {
    std::int64_t count = 0;
    for (const auto& tensor : graph.initializer()) count += size_of(tensor);
    for (const auto& node : graph.node()) {
        for (const auto& attribute : node.attribute()) {
            if (node.op_type() == "Constant") count += size_of(attribute.t());
            count += numbers_in(attribute.g());
        }
    }
    return count;
}

std::map<std::string, std::int64_t> kinds(const Inspection& inspection) {
    std::map<std::string, std::int64_t> found;
    for (const auto& [kind, count] : inspection.not_prunable) found[kind] = count;
    return found;
}

class Accounting : public ::testing::Test {
  protected:
    /// Of the file that holds the message, with its sum checked.
    Inspection inspected(const pb::ModelProto& model) {
        const auto path = folder_.path() / "m.onnx";
        std::ofstream(path, std::ios::binary) << model.SerializeAsString();
        Inspection inspection = inspection_of(path, {});
        EXPECT_EQ(inspection.parameters, numbers_in(model.graph()));
        EXPECT_EQ(inspection.prunable + surgery::sum_of(inspection.not_prunable), inspection.parameters);
        return inspection;
    }
    Inspection inspected(const Graph& graph) {
        pb::ModelProto model;
        model.ParseFromString(onnx::to_bytes(graph));
        return inspected(model);
    }

    testing::TemporaryFolder folder_;
};

Tensor numbers(const Shape& shape) {
    Tensor tensor(DType::f32, shape);
    float value = 0.5F;
    for (float& one : tensor.f32()) one = value = 3.9F * value * (1 - value);
    return tensor;
}

Graph graph_of(const Dims& input, std::map<std::string, Tensor> constants, std::vector<Node> nodes) {
    Graph graph;
    graph.name = "g";
    graph.inputs = {{"x", {DType::f32, input}}};
    for (auto& [name, tensor] : constants) graph.initializers.insert_or_assign(name, std::move(tensor));
    graph.nodes = std::move(nodes);
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    return graph;
}

TEST_F(Accounting, OfEveryBuiltInNetwork) {
    for (const char* name : {"lenet-300-100", "resnet-20", "mobilenet-v2"})
        EXPECT_GT(inspected(models::build(name)).prunable, 0) << name;
}

TEST_F(Accounting, OfEmbeddingsAndWhatNobodyReads) {
    Graph graph = graph_of({2, 4}, {{"w", numbers({4, 3})}, {"b", numbers({3})}},
                           {{"fc", "MatMul", {"x", "w"}, {"a"}, {}}, {"add", "Add", {"a", "b"}, {"y"}, {}}});
    graph.initializers.emplace("table", numbers({10, 4}));
    graph.initializers.emplace("left", numbers({7}));
    graph.inputs.push_back({"ids", {DType::i64, {2}}});
    graph.nodes.push_back({"emb", "Gather", {"table", "ids"}, {"z"}, {}});
    graph.outputs.push_back({"z", {DType::f32, {2, 4}}});
    const auto found = inspected(graph);
    EXPECT_EQ(found.prunable, 12);
    EXPECT_EQ(kinds(found),
              (std::map<std::string, std::int64_t>{{"bias", 3}, {"embedding", 40}, {"read by nobody", 7}}));
}

TEST_F(Accounting, OfIntegersWithTheirScales) {
    const auto found = inspected(
        graph_of({1, 4},
                 {{"W", Tensor::of<std::int8_t>({4, 2}, std::vector<std::int8_t>{4, 1, 6, 7, -2, 9, 10, -5})},
                  {"s", Tensor::of<float>({2}, std::vector<float>{1, 10})},
                  {"z", Tensor::of<std::int8_t>({2}, std::vector<std::int8_t>{3, 3})}},
                 {{"dq", "DequantizeLinear", {"W", "s", "z"}, {"real"}, {{"axis", std::int64_t{1}}}},
                  {"fc", "MatMul", {"x", "real"}, {"y"}, {}}}));
    EXPECT_EQ(found.prunable, 8);
    EXPECT_EQ(kinds(found), (std::map<std::string, std::int64_t>{{"scale", 2}, {"zero point", 2}}));
}

TEST_F(Accounting, OfHalves) {
    Tensor halves(DType::f16, {4, 2});
    for (std::size_t i = 0; i < 8; ++i) halves.bytes()[2 * i + 1] = std::byte(0x30 + i % 5);
    Graph graph = graph_of({1, 4}, {}, {{"same", "Identity", {"x"}, {"y"}, {}}});
    graph.inputs[0].type.dtype = DType::f16;
    graph.initializers.emplace("w", std::move(halves));
    graph.nodes = {{"fc", "MatMul", {"x", "w"}, {"y"}, {}}};
    graph.outputs[0].type = {DType::f16, {1, 2}};
    const auto found = inspected(graph);
    EXPECT_EQ(found.prunable, 8);
    EXPECT_TRUE(found.not_prunable.empty());
}

TEST_F(Accounting, OfBodiesAndWhatReadingTakesIn) {
    // A weight in the body of an If, and axes that the reader of opset 18 takes into the node.
    Graph body;
    body.name = "body";
    body.initializers.emplace("w", numbers({4, 4}));
    body.nodes = {{"fc", "MatMul", {"x", "w"}, {"r"}, {}}};
    body.outputs = {{"r", {DType::f32, {1, 4}}}};
    Graph other;
    other.name = "other";
    other.nodes = {{"same", "Identity", {"x"}, {"o"}, {}}};
    other.outputs = {{"o", {DType::f32, {1, 4}}}};
    Graph graph;
    graph.name = "g";
    graph.inputs = {{"x", {DType::f32, {1, 4}}}, {"c", {DType::boolean, {}}}};
    graph.nodes = {
        {"if", "If", {"c"}, {"b"}, {{"then_branch", Subgraph(body)}, {"else_branch", Subgraph(other)}}},
        {"mean", "ReduceMean", {"b"}, {"y"}, {{"axes", std::vector<std::int64_t>{1}}}}};
    graph.outputs = {{"y", {DType::f32, {1, 1}}}};
    pb::ModelProto model;
    model.ParseFromString(onnx::to_bytes(graph));
    model.mutable_opset_import(0)->set_version(18);
    auto& mean = *model.mutable_graph()->mutable_node(1);
    mean.clear_attribute();
    mean.add_input("axes");
    auto& axes = *model.mutable_graph()->add_initializer();
    axes.set_name("axes");
    axes.set_data_type(pb::TensorProto::INT64);
    axes.add_dims(1);
    axes.add_int64_data(1);
    const auto found = inspected(model);
    EXPECT_EQ(found.prunable, 16);
    EXPECT_EQ(kinds(found), (std::map<std::string, std::int64_t>{{"taken into nodes", 1}}));
}

}  // namespace
}  // namespace espalier::experiment
