// Builds a Graph a line a layer. Names of values are the names of the nodes that give them.
#pragma once

#include <string>

#include "base/random.h"
#include "espalier/graph.h"

namespace espalier {

class GraphBuilder {
  public:
    /// `seed` starts the streams that initial weights are drawn from, one a tensor ("init/fc1.weight").
    GraphBuilder(std::string name, std::uint64_t seed);

    std::string input(const std::string& name, Dims dims);
    std::string flatten(const std::string& name, const std::string& x);
    /// A fully connected layer: weight `name`.weight [out, in], Gaussian Glorot (variance 2 / (in + out),
    /// Glorot & Bengio 2010), and bias `name`.bias [out], zero.
    std::string linear(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out);
    std::string relu(const std::string& name, const std::string& x);
    std::string softmax(const std::string& name, const std::string& x);
    void output(const std::string& value);

    /// Adds a node with one output of the same name.
    std::string node(Node node);
    void initializer(const std::string& name, Tensor tensor);

    /// The verified graph. Call once.
    Graph finish() &&;

  private:
    Graph graph_;
    std::uint64_t seed_;
};

}  // namespace espalier
