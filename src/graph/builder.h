// Builds a Graph a line a layer. Names of values are the names of the nodes that give them; a layer's tensors
// are named after it (`conv1`.weight). Shapes are followed along, so that a layer needs only its own sizes,
// and one that does not fit throws at its line.
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/random.h"
#include "espalier/graph.h"

namespace espalier {

/// How many inputs one output of a layer sums up, and how many outputs one input reaches.
struct Fans {
    std::int64_t in = 1;
    std::int64_t out = 1;
};
/// Draws the initial weights of one layer.
using Initializer = void (*)(std::span<float> weights, const Fans& fans, Random& random);

/// Gaussian of variance 2 / (in + out): Glorot & Bengio 2010, "Understanding the difficulty of training deep
/// feedforward neural networks".
void glorot_normal(std::span<float> weights, const Fans& fans, Random& random);

/// A square window.
struct Square {
    std::int64_t size = 3;
    std::int64_t stride = 1;
    std::int64_t pad = 0;  // on all four sides
};

class GraphBuilder {
  public:
    /// `seed` starts the streams that initial weights are drawn from, one a tensor ("init/fc1.weight").
    GraphBuilder(std::string name, std::uint64_t seed, Initializer initializer = glorot_normal);

    std::string input(const std::string& name, Dims dims);
    std::string flatten(const std::string& name, const std::string& x);
    /// A fully connected layer of x [N, in]: weight [out, in] and bias [out], zero.
    std::string linear(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out);
    std::string linear(const std::string& name, const std::string& x, std::int64_t out);
    /// The last dimension of x [..., in] to `out`, as MatMul and Add: weight [in, out] and bias [out], zero.
    std::string dense(const std::string& name, const std::string& x, std::int64_t out);
    /// A convolution of x [N, in, h, w]: weight [out, in / groups, k, k] and, unless a normalisation follows,
    /// bias [out], zero.
    std::string conv(const std::string& name, const std::string& x, std::int64_t out, Square window,
                     bool bias = true, std::int64_t groups = 1);
    /// Scale 1, bias 0, running mean 0 and variance 1 a channel.
    std::string batch_norm(const std::string& name, const std::string& x);
    /// Over the last dimension; scale 1, bias 0.
    std::string layer_norm(const std::string& name, const std::string& x);
    std::string max_pool(const std::string& name, const std::string& x, Square window);
    std::string average_pool(const std::string& name, const std::string& x, Square window);
    std::string global_average_pool(const std::string& name, const std::string& x);
    std::string dropout(const std::string& name, const std::string& x, float ratio);

    std::string relu(const std::string& name, const std::string& x);
    /// min(max(x, 0), 6): Clip.
    std::string relu6(const std::string& name, const std::string& x);
    /// x / 2 * (1 + erf(x / sqrt 2)), as Div, Erf, Add, Mul, Mul: opset 17 has no operator for it.
    std::string gelu(const std::string& name, const std::string& x);
    std::string softmax(const std::string& name, const std::string& x);
    std::string add(const std::string& name, const std::string& a, const std::string& b);
    std::string matmul(const std::string& name, const std::string& a, const std::string& b);
    /// x * factor.
    std::string scale(const std::string& name, const std::string& x, float factor);
    std::string transpose(const std::string& name, const std::string& x, std::vector<std::int64_t> order);
    /// 0 in `shape` keeps that dimension of x.
    std::string reshape(const std::string& name, const std::string& x,
                        const std::vector<std::int64_t>& shape);
    /// The mean over one dimension, which goes.
    std::string mean(const std::string& name, const std::string& x, std::int64_t axis);
    void output(const std::string& value);

    /// Adds a node with one output of the same name.
    std::string node(Node node);
    void initializer(const std::string& name, Tensor tensor);

    /// Dimension `axis` of a value. Throws InvalidArgument if the value is not defined or its size not fixed.
    std::int64_t size(const std::string& value, std::size_t axis) const;
    /// The value's last dimension.
    std::int64_t features(const std::string& value) const;

    /// The verified graph. Call once.
    Graph finish() &&;

  private:
    const ValueType& type(const std::string& value) const;
    void weight(const std::string& layer, Shape shape, const Fans& fans);
    std::string scalar(const std::string& name, float value);

    Graph graph_;
    std::map<std::string, ValueType> types_;
    std::uint64_t seed_;
    Initializer initializer_;
};

}  // namespace espalier
