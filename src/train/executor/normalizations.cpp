#include "train/executor/normalizations.h"

namespace espalier::train {

Graph without_bounds(Graph graph) {
    for (Node& node : graph.nodes) {
        if (node.op != "BatchNormalization" && node.op != "LayerNormalization" && node.op != "Clip") continue;
        node.op = "Identity";
        node.inputs.resize(1);
        node.attributes.clear();
    }
    return graph;
}

}  // namespace espalier::train
