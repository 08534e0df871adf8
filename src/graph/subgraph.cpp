// Bodies of If, Loop and Scan: graphs inside a node, which see the values around them.
#include <fmt/format.h>

#include <set>

#include "espalier/error.h"
#include "graph/op.h"

namespace espalier {
namespace {

using Types = std::map<std::string, ValueType>;

/// Names defined inside a body, which are gone from the types around it when the body ends; what they hid is
/// there again.
class BodyScope {
  public:
    explicit BodyScope(Types& types) : types_(types) {}
    BodyScope(const BodyScope&) = delete;
    BodyScope& operator=(const BodyScope&) = delete;
    ~BodyScope() {
        for (const std::string& name : own_) types_.erase(name);
        types_.merge(hidden_);
    }

    /// The name is the body's own from here on.
    void open(const std::string& name) {
        if (!own_.insert(name).second) throw InvalidModel(fmt::format("value \"{}\" is defined twice", name));
        const auto outer = types_.find(name);
        if (outer != types_.end()) hidden_.insert(types_.extract(outer));
    }

    void define(const std::string& name, ValueType type) {
        if (name.empty()) throw InvalidModel("a value without a name");
        open(name);
        types_.emplace(name, std::move(type));
    }

  private:
    Types& types_;
    Types hidden_;
    std::set<std::string> own_;
};

std::vector<ValueType> infer_body(const Graph& body, Types& types) {
    BodyScope scope(types);
    for (const Value& input : body.inputs) scope.define(input.name, input.type);
    for (const auto& [name, tensor] : body.initializers) {
        scope.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    }
    for (const Node& node : body.nodes) {
        for (const std::string& output : node.outputs) {
            if (!output.empty()) scope.open(output);
        }
        infer_node(node, body.initializers, types);
    }
    std::vector<ValueType> outputs;
    for (const Value& output : body.outputs) {
        const auto found = types.find(output.name);
        if (found == types.end())
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
    try {
        return infer_body(body(key), scope_);
    } catch (const Unsupported& error) {
        refuse(fmt::format("{}: {}", key, error.what()));
    } catch (const InvalidModel& error) {
        fail(fmt::format("{}: {}", key, error.what()));
    }
}

}  // namespace espalier
