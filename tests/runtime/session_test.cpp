#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"

namespace espalier {
namespace {

using runtime::Options;
using runtime::Session;
using test::perceptron;
using test::random_tensor;

/// The text of the error that `call` throws; fails if it throws no `E`.
template <class E, class Call>
std::string error_of(const Call& call) {
    try {
        call();
    } catch (const E& error) {
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

Node node(std::string op, std::vector<std::string> inputs, std::string output) {
    return {.name = output,
            .op = std::move(op),
            .inputs = std::move(inputs),
            .outputs = {output},
            .attributes = {}};
}

/// Sessions may choose other kernels, which sum in another order.
bool is_near(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() &&
           std::ranges::equal(a.f32(), b.f32(), [](float x, float y) { return std::abs(x - y) < 1e-5F; });
}

TEST(Session, RunsAtAnyBatchInAnyOrder) {
    const Graph graph = perceptron({37, 50, 30, 10}, 0.2);
    Session session = runtime::compile(graph, {.threads = 1});
    for (const std::int64_t batch : {1, 3, 16, 63, 64, 65, 128, 3}) {
        const NamedTensors inputs{{"x", random_tensor({batch, 37}, "x")}};
        const auto outputs = session.run(inputs);
        ASSERT_EQ(outputs.size(), 1U);
        test::expect_near(outputs[0], test::run_plainly(graph, inputs).at("softmax"), 1e-5);
    }
}

TEST(Session, RunsAgainWithTheSameResult) {
    Session session = runtime::compile(perceptron({37, 50, 10}, 0.2), {.threads = 2});
    const NamedTensors inputs{{"x", random_tensor({70, 37}, "x")}};
    const auto first = session.run(inputs);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(session.run(inputs), first);
}

TEST(Session, TakesItsOwnCopyOfTheGraph) {
    Graph graph = perceptron({37, 50, 10});
    const NamedTensors inputs{{"x", random_tensor({4, 37}, "x")}};
    const auto expected = test::run_plainly(graph, inputs).at("softmax");
    Session made = runtime::compile(graph, {.threads = 1});
    graph.initializers.clear();
    Session session = std::move(made);
    test::expect_near(session.run(inputs)[0], expected, 1e-5);
}

TEST(Session, WhatWasMovedFromRefuses) {
    Session session = runtime::compile(perceptron({37, 50, 10}), {.threads = 1});
    Session other = std::move(session);
    const NamedTensors inputs = {{"x", random_tensor({2, 37}, "x")}};
    const auto refuses = [](const auto& call) {
        return error_of<InvalidArgument>(call).find("moved from") != std::string::npos;
    };
    EXPECT_TRUE(refuses([&] { session.run(inputs); }));
    EXPECT_TRUE(refuses([&] { session.run(std::span<const TensorView>(), {}); }));
    EXPECT_TRUE(refuses([&] { session.share(); }));
    EXPECT_TRUE(refuses([&] { session.profile(); }));
    EXPECT_TRUE(refuses([&] { session.prepare({}); }));
    EXPECT_EQ(other.run(inputs).size(), 1U);
}

TEST(Session, AnEmptyBatchGivesAnEmptyResult) {
    Session session = runtime::compile(perceptron({37, 50, 10}), {.threads = 1});
    EXPECT_EQ(session.run({{"x", Tensor(DType::f32, {0, 37})}})[0].shape(), (Shape{0, 10}));
}

TEST(Session, OutputsMayBeInputsConstantsAndSecondNames) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(3)}}}};
    graph.initializers["c"] = random_tensor({2}, "c");
    graph.nodes = {node("Relu", {"x"}, "r"), node("Identity", {"r"}, "again"),
                   node("Flatten", {"x"}, "flat")};
    for (const char* name : {"x", "c", "r", "again", "flat"}) {
        graph.outputs.push_back({name, infer_types(graph).at(name)});
    }
    Session session = runtime::compile(graph, {.threads = 1});
    const NamedTensors inputs{{"x", random_tensor({4, 3}, "x")}};
    const auto expected = test::run_plainly(graph, inputs);
    const auto outputs = session.run(inputs);
    ASSERT_EQ(outputs.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) test::expect_near(outputs[i], expected.at(graph.outputs[i].name), 0);
}

TEST(Session, TwoRunAtOnce) {
    const Graph graph = perceptron({60, 80, 10}, 0.3);
    const NamedTensors inputs{{"x", random_tensor({33, 60}, "x")}};
    const auto expected = test::run_plainly(graph, inputs).at("softmax");
    const auto work = [&](int threads) {
        Session session = runtime::compile(graph, {.threads = threads});
        for (int i = 0; i < 50; ++i) test::expect_near(session.run(inputs)[0], expected, 1e-5);
    };
    std::thread one(work, 1);
    std::thread two(work, 2);
    one.join();
    two.join();
}

/// Where a region of one's own gets one thread only, oneDNN would leave parts of a product out.
TEST(Session, RunsInsideAParallelRegion) {
    const Graph graph = perceptron({784, 300, 100, 10});
    const NamedTensors inputs{{"x", random_tensor({200, 784}, "x")}};
    const auto expected = test::run_plainly(graph, inputs).at("softmax");
    std::vector<Tensor> outputs(2);
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 2; ++i) {
        Session session = runtime::compile(graph, {.threads = 2, .choice = Options::Choice::dense});
        outputs[static_cast<std::size_t>(i)] = session.run(inputs)[0];
    }
    for (const Tensor& output : outputs) test::expect_near(output, expected, 1e-5);
}

TEST(Session, ThreadsShareTheWeights) {
    const Graph graph = perceptron({200, 300, 10}, 0.1);
    Session first = runtime::compile(graph, {.threads = 1});
    const NamedTensors inputs = {{"x", random_tensor({33, 200}, "x")}};
    const Tensor expected = first.run(inputs)[0];
    std::vector<Session> sessions;
    for (int i = 0; i < 3; ++i) sessions.push_back(first.share());
    std::vector<int> equal(sessions.size(), 0);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            threads.emplace_back([&, i] {
                for (int turn = 0; turn < 20; ++turn) {
                    Session another = sessions[i].share();
                    const bool same = is_near(another.run(inputs)[0], expected) &&
                                      is_near(sessions[i].run(inputs)[0], expected);
                    equal[i] += same ? 1 : 0;
                }
            });
        }
        // Another shape is compiled meanwhile.
        for (std::int64_t batch = 1; batch < 6; ++batch)
            first.run({{"x", random_tensor({batch, 200}, "other")}});
    }
    EXPECT_EQ(equal, std::vector<int>(sessions.size(), 20));
}

TEST(Session, RunsIntoMemoryOfTheCaller) {
    const Graph graph = perceptron({37, 50, 10}, 0.2);
    Session session = runtime::compile(graph, {.threads = 1});
    const Tensor x = random_tensor({5, 37}, "x");
    const Tensor expected = session.run({{"x", x}})[0];
    const auto types = session.output_types({{"x", {5, 37}}});
    ASSERT_EQ(types.size(), 1U);
    EXPECT_EQ(types[0], (ValueType{DType::f32, {Dim(5), Dim(10)}}));
    // Neither is aligned to more than an element.
    std::vector<float> in(5 * 37 + 1);
    std::ranges::copy(x.f32(), in.begin() + 1);
    std::vector<float> out(5 * 10 + 2, -1);
    const TensorView view(DType::f32, {5, 37}, in.data() + 1);
    const TensorSpan span(DType::f32, {5, 10}, out.data() + 1);
    session.run(std::span(&view, 1), std::span(&span, 1));
    EXPECT_TRUE(std::ranges::equal(std::span(out).subspan(1, 50), expected.f32()));
    EXPECT_EQ(out.front(), -1);
    EXPECT_EQ(out.back(), -1);
    const TensorSpan small(DType::f32, {5, 9}, out.data());
    EXPECT_EQ(error_of<InvalidArgument>([&] { session.run(std::span(&view, 1), std::span(&small, 1)); }),
              "output \"" + graph.outputs[0].name + "\": got memory for f32 5x9, expected f32 5x10");
    EXPECT_EQ(error_of<InvalidArgument>([&] { session.run({}, std::span(&span, 1)); }),
              "got 0 inputs, expected 1");
    EXPECT_EQ(error_of<InvalidArgument>([&] { session.run(std::span(&view, 1), {}); }),
              "got 0 outputs, expected 1");
}

TEST(Session, KeepsTheLastUsedPlans) {
    int compiled = 0;
    Session session = runtime::compile(
        perceptron({37, 50, 10}, 0.2),
        {.threads = 1, .most_plans = 2, .progress = [&](double share) { compiled += share == 1; }});
    const auto run = [&](std::int64_t batch) { session.run({{"x", random_tensor({batch, 37}, "x")}}); };
    run(1);
    run(2);
    run(1);
    EXPECT_EQ(compiled, 2);
    run(3);  // in place of 2, which was used longest ago
    run(1);
    EXPECT_EQ(compiled, 3);
    run(2);
    EXPECT_EQ(compiled, 4);
}

TEST(Session, PreparesAheadAndProfilesWhatItPrepared) {
    Session session = runtime::compile(perceptron({37, 50, 10}), {.threads = 1});
    EXPECT_TRUE(session.profile().empty());
    session.prepare({{"x", {8, 37}}});
    ASSERT_FALSE(session.profile().empty());
    EXPECT_EQ(session.profile()[0].node, "fc1");
    EXPECT_THROW(session.prepare({{"x", {8, 38}}}), InvalidArgument);
    EXPECT_THROW(session.prepare({}), InvalidArgument);
    EXPECT_THROW(session.prepare({{"x", {-8, 37}}}), InvalidArgument);
}

TEST(Session, RefusesWrongInputs) {
    Session session = runtime::compile(perceptron({37, 50, 10}), {.threads = 1});
    const Tensor x = random_tensor({2, 37}, "x");
    const auto run = [&](NamedTensors inputs) {
        return error_of<InvalidArgument>([&] { session.run(inputs); });
    };
    EXPECT_EQ(run({}), "input \"x\" is missing");
    EXPECT_EQ(run({{"x", x}, {"y", x}}), "input \"y\" is not one of the graph's");
    EXPECT_EQ(run({{"x", Tensor(DType::f64, {2, 37})}}), "input \"x\": got f64, expected f32");
    EXPECT_EQ(run({{"x", random_tensor({2, 36}, "x")}}), "input \"x\": got shape 2x36, expected Nx37");
    EXPECT_EQ(run({{"x", random_tensor({37}, "x")}}), "input \"x\": got shape 37, expected Nx37");
    EXPECT_NO_THROW(session.run({{"x", x}}));  // and works on afterwards
}

TEST(Session, ASymbolIsOneNumber) {
    Graph graph;
    graph.inputs = {{"a", {DType::f32, {Dim("N"), Dim()}}}, {"b", {DType::f32, {Dim("N"), Dim()}}}};
    graph.nodes = {node("Add", {"a", "b"}, "y")};
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    Session session = runtime::compile(graph, {.threads = 1});
    const auto shapes = [&](Shape a, Shape b) {
        return error_of<InvalidArgument>([&] { session.prepare({{"a", a}, {"b", b}}); });
    };
    EXPECT_EQ(shapes({2, 3}, {4, 3}), "input \"b\": got N=4 where N is already 2");
    EXPECT_NE(shapes({2, 3}, {2, 4}).find("node \"y\""),
              std::string::npos);  // only the node knows that they must fit
    EXPECT_NO_THROW(session.prepare({{"a", {2, 3}}, {"b", {2, 1}}}));
}

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

/// Outputs of these types, as inferred.
Graph with_outputs(Graph graph, const std::vector<std::string>& names) {
    for (const std::string& name : names) graph.outputs.push_back({name, infer_types(graph).at(name)});
    return graph;
}

TEST(Session, ValuesOfAnyTypeAndSeveralOutputs) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(4)}}}, {"shift", {DType::i64, {}}}};
    graph.initializers["k"] = ints({2});
    graph.nodes = {node("TopK", {"x", "k"}, "values"), node("Add", {"places", "shift"}, "moved"),
                   node("Less", {"places", "shift"}, "is_low")};
    graph.nodes[0].outputs.emplace_back("places");
    graph = with_outputs(graph, {"values", "moved", "is_low"});
    Session session = runtime::compile(graph, {.threads = 2});
    const auto outputs = session.run({{"x", Tensor::of<float>({1, 4}, {3, 9, 1, 7})},
                                      {"shift", Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{2})}});
    EXPECT_EQ(outputs[0], Tensor::of<float>({1, 2}, {9, 7}));
    EXPECT_EQ(outputs[1], Tensor::of<std::int64_t>({1, 2}, {3, 5}));
    EXPECT_EQ(outputs[2].as<bool>()[0], true);
    EXPECT_EQ(outputs[2].as<bool>()[1], false);
    EXPECT_EQ(session.profile()[0].kernel, "reference");
    EXPECT_EQ(error_of<InvalidArgument>([&] {
                  session.run({{"x", Tensor(DType::f32, {1, 4})}, {"shift", Tensor(DType::f32, {})}});
              }),
              "input \"shift\": got f32, expected i64");
}

TEST(Session, WhatShapesTellIsComputedWhenCompiled) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(3), Dim(2)}}}};
    graph.initializers = {{"zero", ints({0})}, {"rest", ints({-1})}, {"unread", Tensor(DType::f32, {2})}};
    graph.nodes = {node("Shape", {"x"}, "shape"),
                   node("Gather", {"shape", "zero"}, "n"),
                   node("Concat", {"n", "rest"}, "flat"),
                   node("Reshape", {"x", "flat"}, "r"),
                   node("Relu", {"r"}, "y"),
                   node("Relu", {"unread"}, "nothing")};
    graph.nodes[2].attributes["axis"] = std::int64_t{0};
    graph = with_outputs(graph, {"y"});
    Session session = runtime::compile(graph, {.threads = 1});
    for (const std::int64_t batch : {2, 5}) {
        const NamedTensors inputs{{"x", random_tensor({batch, 3, 2}, "x")}};
        EXPECT_EQ(session.run(inputs)[0].shape(), (Shape{batch, 6}));
        std::map<std::string, std::string> kernels;
        for (const auto& layer : session.profile()) kernels[layer.node] = layer.kernel;
        EXPECT_EQ(kernels.at("r"), "view");
        for (const char* folded : {"shape", "n", "flat"}) EXPECT_EQ(kernels.at(folded), "folded") << folded;
    }
}

/// The smallest normal number is 1.2e-38: what is below counts as zero in a run, and only there.
TEST(Session, DenormalsAreZeroInARunAndNotOutside) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim(64)}}}};
    graph.initializers = {{"tenth", Tensor::of<float>({}, std::vector<float>{0.1F})}};
    graph.nodes = {node("Mul", {"x", "tenth"}, "y")};
    graph = with_outputs(graph, {"y"});
    for (const int threads : {1, 2}) {
        Session session = runtime::compile(graph, {.threads = threads});
        Tensor x(DType::f32, {64});
        for (float& value : x.f32()) value = 2e-38F;
        const Tensor y = session.run({{"x", x}})[0];
        for (const float value : y.f32()) EXPECT_EQ(value, 0.0F);
        volatile float small = 2e-38F;
        small = small * 0.1F;
        EXPECT_GT(small, 0.0F);
    }
}

TEST(Session, ShapesThatDependOnDataRunInParts) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N")}}}};
    graph.nodes = {node("Relu", {"x"}, "r"), node("NonZero", {"r"}, "places"),
                   node("Shape", {"places"}, "y")};
    graph = with_outputs(graph, {"places", "y"});
    Session session = runtime::compile(graph, {.threads = 1});
    auto outputs = session.run({{"x", Tensor::of<float>({4}, {-1, 2, 0, 3})}});
    EXPECT_EQ(outputs[0], Tensor::of<std::int64_t>({1, 2}, {1, 3}));
    EXPECT_EQ(outputs[1], ints({1, 2}));
    outputs = session.run({{"x", Tensor::of<float>({4}, {-1, -2, 0, 3})}});  // the same plan, another shape
    EXPECT_EQ(outputs[0], Tensor::of<std::int64_t>({1, 1}, {3}));
    EXPECT_EQ(session.profile()[1].node, "places");
    EXPECT_EQ(session.profile()[1].why, "its outputs' shapes depend on data");
}

/// The weight of a layer is computed from the shape of its input: plans do not share it.
TEST(Session, PlansWithWeightsOfTheirOwn) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(2)}}}};
    graph.initializers = {{"eye", Tensor::of<float>({2, 2}, {1, 0, 0, 1})}};
    graph.nodes = {node("Size", {"x"}, "size"), node("Cast", {"size"}, "factor"),
                   node("Mul", {"eye", "factor"}, "w"), node("MatMul", {"x", "w"}, "y")};
    graph.nodes[1].attributes["to"] = std::int64_t{1};
    graph = with_outputs(graph, {"y"});
    Session session = runtime::compile(graph, {.threads = 1});
    for (const std::int64_t batch : {1, 3, 1}) {
        Tensor x(DType::f32, {batch, 2});
        for (float& value : x.f32()) value = 1;
        const Tensor y = session.run({{"x", x}})[0];
        for (const float value : y.f32()) EXPECT_EQ(value, static_cast<float>(2 * batch));
    }
}

TEST(Compile, RefusesWhatItCannotRun) {
    Graph unknown = perceptron({4, 3});
    unknown.nodes.push_back(node("Mystery", {"x"}, "m"));
    EXPECT_NE(error_of<Unsupported>([&] { runtime::compile(unknown); }).find("node \"m\""),
              std::string::npos);

    Graph broken = perceptron({4, 3});
    broken.nodes[0].inputs[1] = "nothing";
    EXPECT_THROW(runtime::compile(broken), InvalidModel);
    EXPECT_THROW(runtime::compile(perceptron({4, 3}), {.threads = -1}), InvalidArgument);
}

}  // namespace
}  // namespace espalier
