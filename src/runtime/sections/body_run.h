// Runs the bodies of an If, a Loop or a Scan, each a session of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "espalier/runtime.h"

namespace espalier::runtime {

class BodyRun {
  public:
    using Find = std::function<TensorView(const std::string& value)>;

    /// `types` are those of the values around the node, `constants` the initialisers around it.
    BodyRun(const Node& node, const std::map<std::string, ValueType>& types, const Weights& constants,
            const Options& options);
    BodyRun share(const Options& options) const;

    /// The node's outputs. `find` gives what it and its bodies read. Throws as the nodes inside do, and
    /// InvalidModel for a loop that does not end.
    std::vector<Tensor> run(const Node& node, const Find& find);

    /// Layers of the bodies, as they last ran.
    void add_profile(std::vector<LayerProfile>& profile) const;

  private:
    struct Body {
        Session session;
        std::vector<std::string> captured;  // inputs behind the formal ones: values around the node
        std::size_t formal = 0;
    };
    BodyRun() = default;
    std::vector<Tensor> run_if(const Node& node, const Find& find);
    std::vector<Tensor> run_loop(const Node& node, const Find& find);
    std::vector<Tensor> run_scan(const Node& node, const Find& find);
    static std::vector<Tensor> call(Body& body, std::vector<TensorView> formal, const Find& find);

    std::vector<Body> bodies_;  // If: then_branch, else_branch
};

}  // namespace espalier::runtime
