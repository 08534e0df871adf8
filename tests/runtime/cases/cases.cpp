#include "runtime/cases/cases.h"

#include <gtest/gtest.h>

#include "espalier/runtime.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"

namespace espalier::test {

Graph graph_of(const Case& test) {
    Graph graph;
    graph.name = test.name;
    for (const auto& [name, shape] : test.inputs)
        graph.inputs.push_back({name, {DType::f32, to_dims(shape)}});
    graph.initializers = test.given;
    for (const auto& [name, shape] : test.constants) graph.initializers[name] = random_tensor(shape, name);
    graph.nodes = test.nodes;
    const std::string& last = test.nodes.back().outputs.front();
    graph.outputs.push_back({last, infer_types(graph).at(last)});
    return graph;
}

Node node(std::string op, std::vector<std::string> inputs, std::string output,
          std::map<std::string, Attribute> attributes) {
    return {.name = output,
            .op = std::move(op),
            .inputs = std::move(inputs),
            .outputs = {output},
            .attributes = std::move(attributes)};
}

void expect_as_defined(const Case& test) {
    using runtime::Options;
    const Graph graph = graph_of(test);
    NamedTensors inputs;
    for (const auto& [name, shape] : test.inputs) inputs[name] = random_tensor(shape, "input " + name);
    const Plain expected = run_plainly(graph, inputs).at(graph.outputs[0].name);
    for (const auto choice : {Options::Choice::dense, Options::Choice::sparse, Options::Choice::measured}) {
        for (const int threads : {1, 2}) {
            runtime::Session session = runtime::compile(graph, {.threads = threads, .choice = choice});
            const auto outputs = session.run(inputs);
            ASSERT_EQ(outputs.size(), 1U);
            expect_near(outputs[0], expected, 1e-5);
        }
    }
}

}  // namespace espalier::test
