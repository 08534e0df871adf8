// A session used at several input shapes where a layer absorbs a constant that comes from the shape: weights
// made for one shape must not serve another.
#include <gtest/gtest.h>

#include "espalier/runtime.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"

namespace espalier {
namespace {

using test::integer;
using test::node;
using test::random_tensor;

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

/// A weighted node that reads "x", or "x" and constants, and gives "c".
struct Weighted {
    std::string name;
    Shape example;  // of x, without the batch
    Weights constants;
    Node node;
};

std::vector<Weighted> weighted_nodes() {
    const auto w = [](Shape shape) { return random_tensor(std::move(shape), "w"); };
    return {
        {"MatMul", {6}, {{"w", w({6, 5})}}, node("MatMul", {"x", "w"}, "c")},
        {"MatMulDeep", {3, 6}, {{"w", w({6, 5})}}, node("MatMul", {"x", "w"}, "c")},
        {"Gemm",
         {6},
         {{"w", w({5, 6})}, {"b", w({5})}},
         node("Gemm", {"x", "w", "b"}, "c", {{"transB", integer(1)}})},
        {"Conv", {3, 6, 6}, {{"w", w({4, 3, 3, 3})}}, node("Conv", {"x", "w"}, "c")},
        {"ConvGroups",
         {4, 6, 6},
         {{"w", w({4, 2, 3, 3})}},
         node("Conv", {"x", "w"}, "c", {{"group", integer(2)}})},
        {"ConvLine", {3, 9}, {{"w", w({4, 3, 3})}, {"b", w({4})}}, node("Conv", {"x", "w", "b"}, "c")},
        {"ConvTranspose", {3, 4, 4}, {{"w", w({3, 4, 3, 3})}}, node("ConvTranspose", {"x", "w"}, "c")},
    };
}

/// "y" from "c" and "n", the batch as a number.
std::vector<std::vector<Node>> followers() {
    return {{node("Add", {"c", "n"}, "y")},
            {node("Sub", {"n", "c"}, "y")},
            {node("Mul", {"n", "c"}, "y")},
            {node("Div", {"c", "n"}, "y")},
            {node("Add", {"c", "n"}, "s"), node("Relu", {"s"}, "y")},
            {node("Mul", {"c", "n"}, "s"), node("Add", {"s", "n"}, "y")}};
}

Graph graph_of(const Weighted& weighted, const std::vector<Node>& behind) {
    Graph graph;
    graph.name = weighted.name;
    Dims dims = to_dims(weighted.example);
    dims.insert(dims.begin(), Dim("N"));
    graph.inputs = {{"x", {DType::f32, dims}}};
    graph.initializers = weighted.constants;
    graph.initializers["zero"] = ints({0});
    graph.nodes = {node("Shape", {"x"}, "shape"), node("Gather", {"shape", "zero"}, "batch"),
                   node("Cast", {"batch"}, "n", {{"to", integer(1)}}), weighted.node};
    graph.nodes.insert(graph.nodes.end(), behind.begin(), behind.end());
    graph.outputs.push_back({"y", infer_types(graph).at("y")});
    return graph;
}

/// The same for one batch: what comes from the shape is written down.
Graph with_batch(Graph graph, std::int64_t batch) {
    graph.nodes.erase(graph.nodes.begin(), graph.nodes.begin() + 3);
    graph.initializers["n"] = Tensor::of<float>({1}, {static_cast<float>(batch)});
    return graph;
}

void expect_right_at_every_batch(const Graph& graph, const Shape& example) {
    for (const auto choice : {runtime::Options::Choice::dense, runtime::Options::Choice::sparse}) {
        runtime::Session session = runtime::compile(graph, {.threads = 1, .choice = choice});
        for (const std::int64_t batch : {3, 50, 3, 2}) {
            Shape shape = example;
            shape.insert(shape.begin(), batch);
            const NamedTensors inputs{{"x", random_tensor(shape, "x")}};
            test::expect_near(session.run(inputs)[0],
                              test::run_plainly(with_batch(graph, batch), inputs).at("y"), 1e-5);
        }
    }
}

TEST(ShapeConstants, BehindEveryWeightedNode) {
    for (const Weighted& weighted : weighted_nodes()) {
        for (const std::vector<Node>& behind : followers()) {
            SCOPED_TRACE(weighted.name + " " + behind.front().op);
            expect_right_at_every_batch(graph_of(weighted, behind), weighted.example);
        }
    }
}

/// The scale of a normalisation that a convolution or a product absorbs.
TEST(ShapeConstants, InANormalisation) {
    for (const Weighted& weighted : weighted_nodes()) {
        if (!weighted.name.starts_with("Conv") && weighted.name != "Gemm") continue;
        SCOPED_TRACE(weighted.name);
        const std::int64_t channels = weighted.name == "Gemm" ? 5 : 4;
        Graph graph = graph_of(weighted, {node("Identity", {"c"}, "y")});
        graph.nodes.pop_back();
        graph.outputs.clear();
        for (const char* name : {"gamma", "beta", "mean"})
            graph.initializers[name] = random_tensor({channels}, name);
        graph.initializers["variance"] = Tensor::of<float>({channels}, std::vector<float>(channels, 0.5F));
        graph.nodes.push_back(node("Mul", {"gamma", "n"}, "scale"));
        graph.nodes.push_back(node("BatchNormalization", {"c", "scale", "beta", "mean", "variance"}, "y"));
        graph.outputs.push_back({"y", infer_types(graph).at("y")});
        expect_right_at_every_batch(graph, weighted.example);
    }
}

}  // namespace
}  // namespace espalier
