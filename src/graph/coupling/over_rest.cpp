#include "graph/coupling/over_rest.h"

#include <fmt/format.h>

#include <utility>

#include "graph/walk.h"

namespace espalier {

RestWriter::RestWriter(const Node& node, const OperandAxis& axis, std::vector<std::int64_t> kept, Shape shape,
                       std::vector<Node>& nodes, Weights& constants)
    : node_(node),
      axis_(axis),
      kept_(std::move(kept)),
      shape_(std::move(shape)),
      nodes_(nodes),
      constants_(constants) {}

std::string RestWriter::add(const std::string& op, const std::vector<std::string>& inputs,
                            const std::map<std::string, Attribute>& attributes) {
    std::string output = fmt::format("{}.rest{}", node_.outputs.front(), made_++);
    nodes_.push_back(
        {.name = output, .op = op, .inputs = inputs, .outputs = {output}, .attributes = attributes});
    return output;
}

std::string RestWriter::constant(Tensor tensor) {
    std::string name = fmt::format("{}.rest{}", node_.outputs.front(), made_++);
    constants_.insert_or_assign(name, std::move(tensor));
    return name;
}

std::string RestWriter::number(float value) {
    return constant(Tensor::of<float>({}, std::vector<float>{value}));
}

std::string RestWriter::integers(const std::vector<std::int64_t>& values) {
    return constant(Tensor::of<std::int64_t>({std::ssize(values)}, values));
}

std::string RestWriter::mask() {
    Shape shape(shape_.size(), 1);
    shape[axis_.axis] = size();
    Tensor mask(DType::f32, shape);
    for (const std::int64_t index : kept_) mask.f32()[static_cast<std::size_t>(index)] = 1;
    return constant(std::move(mask));
}

std::string RestWriter::normalised(const std::vector<std::int64_t>& axes, const Shape& as) {
    const std::string& x = node_.inputs[axis_.operand];
    // As many as are averaged: of the axis those that are left.
    double count = static_cast<double>(kept()) / static_cast<double>(size());
    for (const std::int64_t axis : axes)
        count *= static_cast<double>((as.empty() ? shape_ : as)[static_cast<std::size_t>(axis)]);
    const std::string number_of = number(static_cast<float>(count));
    const std::string over = integers(axes);
    const auto in_shape = [&](const std::string& value) {
        return as.empty() ? value : add("Reshape", {value, integers(as)});
    };
    // A mask of the whole operand, as the axis may be divided.
    const std::string left = in_shape(add("Add", {mask(), constant(Tensor(DType::f32, shape_))}));
    const std::string kept_x = add("Mul", {in_shape(x), left});
    const std::string mean = add("Div", {add("ReduceSum", {kept_x, over}), number_of});
    const std::string apart = add("Mul", {add("Sub", {kept_x, mean}), left});
    const std::string squares = add("ReduceSum", {add("Mul", {apart, apart}), over});
    const std::string variance = add("Div", {squares, number_of});
    const std::string epsilon = number(static_cast<float>(node_.attribute_float("epsilon", 1e-5F)));
    return add("Div", {apart, add("Sqrt", {add("Add", {variance, epsilon})})});
}

std::string RestWriter::scaled(const std::string& value) {
    std::vector<std::int64_t> by_channel(shape_.size(), 1);
    by_channel[1] = -1;
    const auto repeated = [&](std::size_t input) {
        return add("Reshape", {node_.inputs[input], integers(by_channel)});
    };
    return add("Add", {add("Mul", {value, repeated(1)}), repeated(2)});
}

void RestWriter::finish(const std::string& value) {
    nodes_.push_back({.name = node_.name + ".rest",
                      .op = "Identity",
                      .inputs = {value},
                      .outputs = {node_.outputs.front()},
                      .attributes = {}});
}

}  // namespace espalier
