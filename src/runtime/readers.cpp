#include "runtime/readers.h"

namespace espalier::runtime {

Readers::Readers(const Graph& graph) {
    for (const Node& node : graph.nodes) {
        for (const std::string& input : values_read(node)) {
            auto& all = readers_[input];
            if (all.empty() || all.back() != &node) all.push_back(&node);
        }
    }
    for (const Value& output : graph.outputs) outputs_.insert(output.name);
}

const std::vector<const Node*>& Readers::of(const std::string& value) const {
    static const std::vector<const Node*> none;
    const auto found = readers_.find(value);
    return found == readers_.end() || outputs_.contains(value) ? none : found->second;
}

const Node* Readers::only(const std::string& value) const {
    const auto& all = of(value);
    return all.size() == 1 ? all.front() : nullptr;
}

}  // namespace espalier::runtime
