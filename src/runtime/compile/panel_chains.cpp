#include "runtime/compile/panel_chains.h"

#include "graph/analysis/readers.h"

namespace espalier::runtime {
namespace {

class Finder {
  public:
    Finder(const std::vector<Layer>& layers, const Graph& graph) : layers_(layers), readers_(graph) {
        for (std::size_t i = 0; i < layers.size(); ++i) by_node_[layers[i].group.node] = i;
    }

    std::optional<std::size_t> next(const Layer& layer) const {
        if (!layer.has_panels()) return {};
        std::string value = layer.group.output();
        while (const auto index = reader(value)) {
            const Layer& other = layers_[*index];
            if (other.group.lowering->view) {
                value = other.group.output();
                continue;
            }
            const bool same_matrix = other.has_panels() && other.group.node->inputs.front() == value &&
                                     other.batch == layer.batch &&
                                     other.weights->inputs() == layer.weights->outputs();
            return same_matrix ? index : std::nullopt;
        }
        return {};
    }

  private:
    std::optional<std::size_t> reader(const std::string& value) const {
        const auto index = by_node_.find(readers_.only(value));
        return index == by_node_.end() ? std::nullopt : std::optional(index->second);
    }

    const std::vector<Layer>& layers_;
    Readers readers_;
    std::map<const Node*, std::size_t> by_node_;
};

}  // namespace

Chains::Chains(const std::vector<Layer>& layers, const Graph& graph) {
    const Finder finder(layers, graph);
    for (const Layer& layer : layers) next_.push_back(finder.next(layer));
}

}  // namespace espalier::runtime
