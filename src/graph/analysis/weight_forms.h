// Which initialisers a node multiplies with, also behind nodes that only move their elements.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/op.h"

namespace espalier {

/// Whether the operator gives the elements of its first input in another shape or order.
bool only_moves(const std::string& op);

/// One input of a node that is a weight.
struct WeightRead {
    std::string weight;  // initialiser
    std::size_t input = 0;
    Shape seen;  // its shape at the node
    int output_axis = 0;
    WeightForm form;
    std::optional<std::size_t> stored_axis;  // as in PrunableWeight
    bool on_request = false;
};

class WeightForms {
  public:
    /// Points into the graph.
    explicit WeightForms(const Graph& graph);

    /// What the node, of the graph or of a body in it, multiplies with. On the left only where the right is
    /// no constant.
    std::vector<WeightRead> read_by(const Node& node) const;

  private:
    /// An initialiser as it looks behind nodes that move it.
    struct Moved {
        const Tensor* tensor = nullptr;
        std::string name;
        Shape seen, memory;
        std::vector<std::size_t> order;  // of memory
    };
    std::optional<Moved> moved(const std::string& value) const;
    std::optional<WeightRead> read(const Node& node, std::size_t input) const;

    const Graph& graph_;
    std::map<std::string, const Node*> movers_;  // nodes that only move, by what they give
    mutable std::map<std::string, ValueType> types_;
};

}  // namespace espalier
