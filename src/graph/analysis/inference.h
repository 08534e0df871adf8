// Infers the types of values node by node, and with them what shapes make known of their elements.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "graph/op.h"

namespace espalier {

class Inference {
  public:
    /// `constants` must outlive it.
    explicit Inference(const Weights& constants) : constants_(constants) {}

    /// An input or an initialiser, or what another node gives.
    void define(const std::string& name, ValueType type);
    /// Between enter() and leave() names are those of a body inside a node: they hide names around it and are
    /// gone afterwards. `constants` must live until leave().
    void enter(const Weights& constants);
    void leave();
    /// Types of the node's outputs, and their elements where these follow from what is known. Throws
    /// InvalidModel or Unsupported, naming the node.
    void infer(const Node& node);

    /// What the value holds was computed elsewhere, and with it its exact shape.
    void learn(const std::string& name, Tensor tensor);

    const std::map<std::string, ValueType>& types() const { return types_; }
    std::map<std::string, ValueType> take_types() && { return std::move(types_); }
    /// Of values, without the constants.
    Weights take_computed() && { return std::move(computed_); }
    /// The value's tensor if it is a constant, or small and computed from what is known; null otherwise.
    const Tensor* known(const std::string& value) const;

  private:
    struct Body {
        const Weights* constants;
        std::set<std::string> own;
        // What its names hide.
        std::map<std::string, ValueType> types;
        Weights computed;
        std::map<std::string, Elements> elements;
    };

    /// The name is the innermost body's from here on.
    void hide(const std::string& name);
    std::vector<Input> inputs_of(const Node& node) const;
    void compute(const Node& node, const Operator& op, const InferContext& context,
                 const std::vector<ValueType>& outputs);

    const Weights& constants_;
    std::map<std::string, ValueType> types_;
    Weights computed_;
    std::map<std::string, Elements> elements_;  // known in part
    std::vector<Body> bodies_;                  // from the outermost to the innermost
};

}  // namespace espalier
