// Infers the types of values node by node, and with them what shapes make known of their elements.
#pragma once

#include <map>

#include "graph/op.h"

namespace espalier {

class Inference {
  public:
    /// `constants` must outlive it.
    explicit Inference(const Weights& constants) : constants_(constants) {}

    /// An input or an initialiser, or what another node gives.
    void define(const std::string& name, ValueType type) { types_.insert_or_assign(name, std::move(type)); }
    /// Types of the node's outputs, and their elements where these follow from what is known. Throws
    /// InvalidModel or Unsupported, naming the node.
    void infer(const Node& node);

    const std::map<std::string, ValueType>& types() const { return types_; }
    std::map<std::string, ValueType> take_types() && { return std::move(types_); }
    /// The value's tensor if it is a constant, or small and computed from what is known; null otherwise.
    const Tensor* known(const std::string& value) const;

  private:
    std::vector<Input> inputs_of(const Node& node) const;
    void compute(const Node& node, const Operator& op, const InferContext& context,
                 const std::vector<ValueType>& outputs);

    const Weights& constants_;
    std::map<std::string, ValueType> types_;
    Weights computed_;
    std::map<std::string, Elements> elements_;  // known in part
};

}  // namespace espalier
