#include "runtime/compile/shape_specialization.h"

#include <algorithm>
#include <set>

#include "graph/analysis/folding.h"
#include "graph/analysis/readers.h"

namespace espalier::runtime {

Specialised::Specialised(Graph& graph, const std::set<std::string>& kept)
    : graph_(graph), kept_values_(kept), inputs_(graph.inputs), nodes_(graph.nodes) {}

Specialised::~Specialised() {
    if (kept_) return;
    graph_.inputs = std::move(inputs_);
    graph_.nodes = std::move(nodes_);
    for (const std::string& name : constants_) graph_.initializers.erase(name);
}

void Specialised::keep() {
    graph_.inputs = std::move(inputs_);
    kept_ = true;
}

void Specialised::fold(const std::vector<Shape>* input_shapes) {
    for (std::size_t i = 0; input_shapes != nullptr && i < graph_.inputs.size(); ++i)
        graph_.inputs[i].type.dims = to_dims((*input_shapes)[i]);
    Folding folding(graph_, graph_.initializers, {.stays = &kept_values_});
    std::vector<Node> left;
    for (const Node& node : nodes_) (folding.fold(node) ? folded_ : left).push_back(node);
    graph_.nodes = std::move(left);
    Weights computed = folding.take_computed();
    types_ = folding.take_types();
    for (auto& [name, tensor] : computed) {
        constants_.push_back(name);
        graph_.initializers.insert_or_assign(name, std::move(tensor));
    }
    remove_unread_nodes(graph_);
}

NamedTensors Specialised::take_constants() {
    NamedTensors taken;
    for (const std::string& name : constants_) taken.insert(graph_.initializers.extract(name));
    constants_.clear();
    return taken;
}

}  // namespace espalier::runtime
