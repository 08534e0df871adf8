#include "graph/gradient/derivation.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "espalier/error.h"
#include "tensor/convert.h"

namespace espalier {

GradientWriter::GradientWriter(Graph graph) : graph_(std::move(graph)), inference_(graph_.initializers) {
    for (const Value& input : graph_.inputs) inference_.define(input.name, input.type);
    for (const auto& [name, tensor] : graph_.initializers)
        inference_.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    for (const Node& node : graph_.nodes) inference_.infer(node);
}

bool GradientWriter::is_real(const std::string& value) const {
    const DType dtype = type(value).dtype;
    return dtype == DType::f32 || dtype == DType::f64;
}

Shape GradientWriter::shape(const std::string& value) const {
    const ValueType& of = type(value);
    Shape shape;
    for (const Dim& dim : of.dims) shape.push_back(dim.is_fixed() ? dim.size() : -1);
    if (!of.is_ranked || std::ranges::find(shape, -1) != shape.end()) {
        throw Unsupported(fmt::format("gradients need sizes that are known, and \"{}\" is {}", value,
                                      of.is_ranked ? to_string(of.dims) : "of any shape"));
    }
    return shape;
}

std::string GradientWriter::unused(const std::string& name) const {
    std::string own = name;
    for (int i = 2; has(own); ++i) own = fmt::format("{}.{}", name, i);
    return own;
}

std::string GradientWriter::next(const std::string& what) {
    std::string name;
    do {
        name = fmt::format("gradient.{}.{}", made_++, what);
    } while (has(name));
    return name;
}

void GradientWriter::add_input(const Value& input) {
    inference_.define(input.name, input.type);
    graph_.inputs.push_back(input);
}

std::string GradientWriter::add_constant(Tensor tensor) {
    std::string name = next("constant");
    inference_.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    graph_.initializers.emplace(name, std::move(tensor));
    return name;
}

std::string GradientWriter::add_up(const std::vector<std::string>& parts) {
    return parts.size() == 1 ? parts.front() : add("Sum", parts, {}, 1).front();
}

std::vector<std::string> GradientWriter::add(const std::string& op, std::vector<std::string> inputs,
                                             Attributes attributes, std::size_t outputs) {
    Node node{.name = next(op),
              .op = op,
              .inputs = std::move(inputs),
              .outputs = {},
              .attributes = std::move(attributes)};
    for (std::size_t i = 0; i < outputs; ++i)
        node.outputs.push_back(i == 0 ? node.name : fmt::format("{}.{}", node.name, i));
    inference_.infer(node);
    graph_.nodes.push_back(node);
    return node.outputs;
}

Derivation::Derivation(const Node& node, GradientWriter& writer, const std::set<std::string>& wanted,
                       std::map<std::string, std::vector<std::string>>& parts)
    : node_(node), writer_(writer), wanted_(wanted), parts_(parts) {
    for (const std::string& output : node.outputs) {
        std::string& gradient = gradients_.emplace_back();
        const auto found = parts.find(output);
        if (found != parts.end()) gradient = writer.add_up(found->second);
    }
}

const Tensor* Derivation::constant(std::size_t index) const {
    if (!has_input(index)) return nullptr;
    const auto own = writer_.graph().initializers.find(in(index));
    return own != writer_.graph().initializers.end() ? &own->second : writer_.known(in(index));
}

bool Derivation::wants(std::size_t index) const { return has_input(index) && wanted_.contains(in(index)); }

void Derivation::give(std::size_t index, const std::string& gradient) {
    const Shape target = shape(in(index));
    const Shape given = shape(gradient);
    std::string sum = gradient;
    if (given != target) {
        std::vector<std::int64_t> repeated;
        const std::size_t lead = given.size() - target.size();
        for (std::size_t i = 0; i < given.size(); ++i) {
            if (i < lead || (target[i - lead] == 1 && given[i] != 1))
                repeated.push_back(static_cast<std::int64_t>(i));
        }
        if (!repeated.empty()) sum = sum_over(gradient, repeated);
        if (shape(sum) != target) sum = reshaped(sum, target);
    }
    parts_[in(index)].push_back(sum);
}

std::string Derivation::make(const std::string& op, std::vector<std::string> inputs, Attributes attributes) {
    return writer_.add(op, std::move(inputs), std::move(attributes), 1).front();
}

std::vector<std::string> Derivation::make_several(const std::string& op, std::vector<std::string> inputs,
                                                  Attributes attributes, std::size_t outputs) {
    return writer_.add(op, std::move(inputs), std::move(attributes), outputs);
}

std::string Derivation::numbers(const Shape& shape, const std::vector<double>& values) {
    return writer_.add_constant(converted(Tensor::of<double>(shape, values), dtype()));
}

std::string Derivation::integers(const std::vector<std::int64_t>& values) {
    return writer_.add_constant(Tensor::of<std::int64_t>({std::ssize(values)}, values));
}

std::string Derivation::reshaped(const std::string& value, const Shape& shape) {
    // A size of 0 would stand for that of the input.
    return make("Reshape", {value, integers(shape)}, {{"allowzero", std::int64_t{1}}});
}

std::string Derivation::transposed(const std::string& value, const std::vector<std::int64_t>& order) {
    return make("Transpose", {value}, {{"perm", order}});
}

std::string Derivation::last_two_swapped(const std::string& value) {
    std::vector<std::int64_t> order(shape(value).size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    return transposed(value, order);
}

std::string Derivation::sum_over(const std::string& value, const std::vector<std::int64_t>& axes) {
    return make("ReduceSum", {value, integers(axes)});
}

std::string Derivation::mean_over(const std::string& value, const std::vector<std::int64_t>& axes) {
    return make("ReduceMean", {value}, {{"axes", axes}});
}

std::string Derivation::where(const std::string& condition, const std::string& value) {
    return make("Where", {condition, value, number(0)});
}

void Derivation::refuse(const std::string& message) const {
    throw Unsupported(describe(node_) + ": " + message);
}

}  // namespace espalier
