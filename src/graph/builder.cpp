#include "graph/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "espalier/error.h"
#include "graph/op.h"

namespace espalier {
namespace {

Tensor filled(std::int64_t count, float value) {
    Tensor tensor(DType::f32, {count});
    std::ranges::fill(tensor.f32(), value);
    return tensor;
}

std::map<std::string, Attribute> attributes(const Square& window) {
    using Ints = std::vector<std::int64_t>;
    return {{"kernel_shape", Ints(2, window.size)},
            {"strides", Ints(2, window.stride)},
            {"pads", Ints(4, window.pad)}};
}

}  // namespace

void glorot_normal(std::span<float> weights, const Fans& fans, Random& random) {
    const float deviation = std::sqrt(2.0F / static_cast<float>(fans.in + fans.out));
    for (float& w : weights) w = deviation * random.normal();
}

GraphBuilder::GraphBuilder(std::string name, std::uint64_t seed, Initializer initializer)
    : seed_(seed), initializer_(initializer) {
    graph_.name = std::move(name);
}

std::string GraphBuilder::input(const std::string& name, Dims dims) {
    graph_.inputs.push_back({name, {DType::f32, std::move(dims)}});
    types_.insert_or_assign(name, graph_.inputs.back().type);
    return name;
}

std::string GraphBuilder::flatten(const std::string& name, const std::string& x) {
    return node({.name = name, .op = "Flatten", .inputs = {x}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::linear(const std::string& name, const std::string& x, std::int64_t in,
                                 std::int64_t out) {
    weight(name, {out, in}, {.in = in, .out = out});
    initializer(name + ".bias", Tensor(DType::f32, {out}));
    return node({.name = name,
                 .op = "Gemm",
                 .inputs = {x, name + ".weight", name + ".bias"},
                 .outputs = {},
                 .attributes = {{"transB", std::int64_t{1}}}});
}

std::string GraphBuilder::linear(const std::string& name, const std::string& x, std::int64_t out) {
    return linear(name, x, features(x), out);
}

std::string GraphBuilder::dense(const std::string& name, const std::string& x, std::int64_t out) {
    const std::int64_t in = features(x);
    weight(name, {in, out}, {.in = in, .out = out});
    initializer(name + ".bias", Tensor(DType::f32, {out}));
    return add(name, matmul(name + ".product", x, name + ".weight"), name + ".bias");
}

std::string GraphBuilder::conv(const std::string& name, const std::string& x, std::int64_t out, Square window,
                               bool bias, std::int64_t groups) {
    const std::int64_t in = size(x, 1) / groups;
    const std::int64_t area = window.size * window.size;
    weight(name, {out, in, window.size, window.size}, {.in = in * area, .out = out / groups * area});
    std::vector<std::string> inputs = {x, name + ".weight"};
    if (bias) {
        initializer(name + ".bias", Tensor(DType::f32, {out}));
        inputs.push_back(name + ".bias");
    }
    auto settings = attributes(window);
    if (groups != 1) settings.emplace("group", groups);
    return node(
        {.name = name, .op = "Conv", .inputs = std::move(inputs), .outputs = {}, .attributes = settings});
}

std::string GraphBuilder::batch_norm(const std::string& name, const std::string& x) {
    const std::int64_t channels = size(x, 1);
    initializer(name + ".scale", filled(channels, 1));
    initializer(name + ".bias", filled(channels, 0));
    initializer(name + ".mean", filled(channels, 0));
    initializer(name + ".variance", filled(channels, 1));
    return node({.name = name,
                 .op = "BatchNormalization",
                 .inputs = {x, name + ".scale", name + ".bias", name + ".mean", name + ".variance"},
                 .outputs = {},
                 .attributes = {}});
}

std::string GraphBuilder::layer_norm(const std::string& name, const std::string& x) {
    initializer(name + ".scale", filled(features(x), 1));
    initializer(name + ".bias", filled(features(x), 0));
    return node({.name = name,
                 .op = "LayerNormalization",
                 .inputs = {x, name + ".scale", name + ".bias"},
                 .outputs = {},
                 .attributes = {}});
}

std::string GraphBuilder::max_pool(const std::string& name, const std::string& x, Square window) {
    return node(
        {.name = name, .op = "MaxPool", .inputs = {x}, .outputs = {}, .attributes = attributes(window)});
}

std::string GraphBuilder::average_pool(const std::string& name, const std::string& x, Square window) {
    return node(
        {.name = name, .op = "AveragePool", .inputs = {x}, .outputs = {}, .attributes = attributes(window)});
}

std::string GraphBuilder::global_average_pool(const std::string& name, const std::string& x) {
    return node({.name = name, .op = "GlobalAveragePool", .inputs = {x}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::dropout(const std::string& name, const std::string& x, float ratio) {
    return node({.name = name,
                 .op = "Dropout",
                 .inputs = {x, scalar(name + ".ratio", ratio)},
                 .outputs = {},
                 .attributes = {}});
}

std::string GraphBuilder::relu(const std::string& name, const std::string& x) {
    return node({.name = name, .op = "Relu", .inputs = {x}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::relu6(const std::string& name, const std::string& x) {
    return node({.name = name,
                 .op = "Clip",
                 .inputs = {x, scalar(name + ".min", 0), scalar(name + ".max", 6)},
                 .outputs = {},
                 .attributes = {}});
}

std::string GraphBuilder::gelu(const std::string& name, const std::string& x) {
    const std::string root = scalar(name + ".sqrt2", std::numbers::sqrt2_v<float>);
    std::string share =
        node({.name = name + ".div", .op = "Div", .inputs = {x, root}, .outputs = {}, .attributes = {}});
    share = node({.name = name + ".erf", .op = "Erf", .inputs = {share}, .outputs = {}, .attributes = {}});
    share = add(name + ".add", share, scalar(name + ".one", 1));
    share = node({.name = name + ".mul", .op = "Mul", .inputs = {x, share}, .outputs = {}, .attributes = {}});
    return scale(name, share, 0.5F);
}

std::string GraphBuilder::softmax(const std::string& name, const std::string& x) {
    return node({.name = name, .op = "Softmax", .inputs = {x}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::add(const std::string& name, const std::string& a, const std::string& b) {
    return node({.name = name, .op = "Add", .inputs = {a, b}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::matmul(const std::string& name, const std::string& a, const std::string& b) {
    return node({.name = name, .op = "MatMul", .inputs = {a, b}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::scale(const std::string& name, const std::string& x, float factor) {
    return node({.name = name,
                 .op = "Mul",
                 .inputs = {x, scalar(name + ".factor", factor)},
                 .outputs = {},
                 .attributes = {}});
}

std::string GraphBuilder::transpose(const std::string& name, const std::string& x,
                                    std::vector<std::int64_t> order) {
    return node({.name = name,
                 .op = "Transpose",
                 .inputs = {x},
                 .outputs = {},
                 .attributes = {{"perm", std::move(order)}}});
}

std::string GraphBuilder::reshape(const std::string& name, const std::string& x,
                                  const std::vector<std::int64_t>& shape) {
    initializer(name + ".shape", Tensor::of<std::int64_t>({std::ssize(shape)}, shape));
    return node(
        {.name = name, .op = "Reshape", .inputs = {x, name + ".shape"}, .outputs = {}, .attributes = {}});
}

std::string GraphBuilder::mean(const std::string& name, const std::string& x, std::int64_t axis) {
    return node({.name = name,
                 .op = "ReduceMean",
                 .inputs = {x},
                 .outputs = {},
                 .attributes = {{"axes", std::vector<std::int64_t>{axis}}, {"keepdims", std::int64_t{0}}}});
}

void GraphBuilder::output(const std::string& value) {
    const auto found = types_.find(value);
    if (found == types_.end())
        throw InvalidArgument(fmt::format("output \"{}\" is not defined by any node", value));
    graph_.outputs.push_back({value, found->second});
}

std::string GraphBuilder::node(Node node) {
    std::string value = node.name;
    node.outputs = {value};
    infer_node(node, graph_.initializers, types_);
    graph_.nodes.push_back(std::move(node));
    return value;
}

void GraphBuilder::initializer(const std::string& name, Tensor tensor) {
    types_.insert_or_assign(name, ValueType{tensor.dtype(), to_dims(tensor.shape())});
    graph_.initializers.insert_or_assign(name, std::move(tensor));
}

const ValueType& GraphBuilder::type(const std::string& value) const {
    const auto found = types_.find(value);
    if (found == types_.end()) throw InvalidArgument(fmt::format("value \"{}\" is not defined", value));
    return found->second;
}

std::int64_t GraphBuilder::size(const std::string& value, std::size_t axis) const {
    const Dims& dims = type(value).dims;
    if (axis >= dims.size() || !dims[axis].is_fixed()) {
        throw InvalidArgument(
            fmt::format("value \"{}\" of shape {} has no fixed dimension {}", value, to_string(dims), axis));
    }
    return dims[axis].size();
}

std::int64_t GraphBuilder::features(const std::string& value) const {
    return size(value, type(value).dims.size() - 1);
}

void GraphBuilder::weight(const std::string& layer, Shape shape, const Fans& fans) {
    Tensor weight(DType::f32, std::move(shape));
    Random random(seed_, "init/" + layer + ".weight");
    initializer_(weight.f32(), fans, random);
    initializer(layer + ".weight", std::move(weight));
}

std::string GraphBuilder::scalar(const std::string& name, float value) {
    Tensor tensor(DType::f32, {});
    tensor.f32()[0] = value;
    initializer(name, std::move(tensor));
    return name;
}

Graph GraphBuilder::finish() && {
    verify(graph_);
    return std::move(graph_);
}

}  // namespace espalier
