// Bodies of If, Loop and Scan: graphs inside a node, which see the values around them.
#include <fmt/format.h>

#include <set>

#include "espalier/error.h"
#include "graph/analysis/inference.h"
#include "graph/op.h"

namespace espalier {
namespace {

/// The names of a body are known as long as it lives.
class BodyScope {
  public:
    BodyScope(Inference& inference, const Weights& constants) : inference_(inference) {
        inference_.enter(constants);
    }
    BodyScope(const BodyScope&) = delete;
    BodyScope& operator=(const BodyScope&) = delete;
    ~BodyScope() { inference_.leave(); }

  private:
    Inference& inference_;
};

std::vector<ValueType> infer_body(const Graph& body, Inference& inference) {
    const BodyScope scope(inference, body.initializers);
    std::set<std::string> own;
    const auto define = [&](const std::string& name, ValueType type) {
        if (name.empty()) throw InvalidModel("a value without a name");
        if (!own.insert(name).second) throw InvalidModel(fmt::format("value \"{}\" is defined twice", name));
        inference.define(name, std::move(type));
    };
    for (const Value& input : body.inputs) define(input.name, input.type);
    for (const auto& [name, tensor] : body.initializers)
        define(name, {tensor.dtype(), to_dims(tensor.shape())});
    for (const Node& node : body.nodes) inference.infer(node);
    std::vector<ValueType> outputs;
    for (const Value& output : body.outputs) {
        const auto found = inference.types().find(output.name);
        if (found == inference.types().end())
            throw InvalidModel(fmt::format("output \"{}\" is not defined by any node", output.name));
        outputs.push_back(found->second);
    }
    return outputs;
}

void add_reads(const Graph& body, std::set<std::string>& reads) {
    std::set<std::string> inside;
    std::set<std::string> own;
    for (const Value& input : body.inputs) own.insert(input.name);
    for (const auto& [name, tensor] : body.initializers) own.insert(name);
    for (const Node& node : body.nodes) {
        for (const std::string& name : values_read(node)) inside.insert(name);
        own.insert(node.outputs.begin(), node.outputs.end());
    }
    for (const Value& output : body.outputs) inside.insert(output.name);
    for (const std::string& name : inside) {
        if (!own.contains(name)) reads.insert(name);
    }
}

}  // namespace

Subgraph::Subgraph(Graph graph) : graph_(std::make_shared<const Graph>(std::move(graph))) {}

bool Subgraph::operator==(const Subgraph& other) const {
    return graph_ == other.graph_ || *graph_ == *other.graph_;
}

std::vector<std::string> values_read(const Node& node) {
    std::vector<std::string> read;
    for (const std::string& input : node.inputs) {
        if (!input.empty()) read.push_back(input);
    }
    std::set<std::string> by_bodies;
    for (const auto& [key, attribute] : node.attributes) {
        if (const auto* body = std::get_if<Subgraph>(&attribute)) add_reads(body->graph(), by_bodies);
    }
    read.insert(read.end(), by_bodies.begin(), by_bodies.end());
    return read;
}

const Graph& InferContext::body(std::string_view key) const {
    const auto found = node_.attributes.find(std::string(key));
    if (found == node_.attributes.end()) fail(fmt::format("attribute \"{}\" is missing", key));
    const auto* body = std::get_if<Subgraph>(&found->second);
    if (body == nullptr) fail(fmt::format("attribute \"{}\" has the wrong type, expected a graph", key));
    return body->graph();
}

std::vector<ValueType> InferContext::body_outputs(std::string_view key) const {
    if (inference_ == nullptr) refuse("bodies are not executed");
    try {
        return infer_body(body(key), *inference_);
    } catch (const Unsupported& error) {
        refuse(fmt::format("{}: {}", key, error.what()));
    } catch (const InvalidModel& error) {
        fail(fmt::format("{}: {}", key, error.what()));
    }
}

}  // namespace espalier
