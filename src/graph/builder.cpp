#include "graph/builder.h"

#include <fmt/format.h>

#include <cmath>

#include "espalier/error.h"

namespace espalier {

GraphBuilder::GraphBuilder(std::string name, std::uint64_t seed) : seed_(seed) {
    graph_.name = std::move(name);
}

std::string GraphBuilder::input(const std::string& name, Dims dims) {
    graph_.inputs.push_back({name, {DType::f32, std::move(dims)}});
    return name;
}

std::string GraphBuilder::flatten(const std::string& name, const std::string& x) {
    return node({.name = name, .op = "Flatten", .inputs = {x}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::linear(const std::string& name, const std::string& x, std::int64_t in,
                                 std::int64_t out) {
    Tensor weight(DType::f32, {out, in});
    Random random(seed_, "init/" + name + ".weight");
    const float deviation = std::sqrt(2.0F / static_cast<float>(in + out));
    for (float& w : weight.f32()) w = deviation * random.normal();
    initializer(name + ".weight", std::move(weight));
    initializer(name + ".bias", Tensor(DType::f32, {out}));
    return node({.name = name,
                 .op = "Gemm",
                 .inputs = {x, name + ".weight", name + ".bias"},
                 .outputs = {},
                 .attributes = {{"transB", std::int64_t{1}}}});
}

std::string GraphBuilder::relu(const std::string& name, const std::string& x) {
    return node({.name = name, .op = "Relu", .inputs = {x}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::softmax(const std::string& name, const std::string& x) {
    return node({.name = name, .op = "Softmax", .inputs = {x}, .outputs = {}, .attributes = {}});
}

void GraphBuilder::output(const std::string& value) {
    const auto types = infer_types(graph_);
    const auto found = types.find(value);
    if (found == types.end())
        throw InvalidArgument(fmt::format("output \"{}\" is not defined by any node", value));
    graph_.outputs.push_back({value, found->second});
}

std::string GraphBuilder::node(Node node) {
    std::string value = node.name;
    node.outputs = {value};
    graph_.nodes.push_back(std::move(node));
    return value;
}

void GraphBuilder::initializer(const std::string& name, Tensor tensor) {
    graph_.initializers.insert_or_assign(name, std::move(tensor));
}

Graph GraphBuilder::finish() && {
    verify(graph_);
    return std::move(graph_);
}

}  // namespace espalier
