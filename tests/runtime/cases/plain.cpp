#include "runtime/cases/plain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "graph/evaluation.h"
#include "runtime/cases/plain_images.h"

namespace espalier::test {
namespace {

using Values = std::map<std::string, Plain>;

std::size_t count(const Shape& shape) { return static_cast<std::size_t>(element_count(shape)); }

/// The position in a tensor of `shape` of the element that index `flat` of `target` is broadcast from.
std::size_t broadcast_from(std::size_t flat, const Shape& target, const Shape& shape) {
    std::size_t offset = 0;
    std::size_t stride = 1;
    for (std::size_t i = 1; i <= target.size(); ++i) {
        const auto size = static_cast<std::size_t>(target[target.size() - i]);
        const std::size_t index = flat % size;
        flat /= size;
        if (i > shape.size()) continue;
        const std::int64_t own = shape[shape.size() - i];
        if (own != 1) offset += index * stride;
        stride *= static_cast<std::size_t>(own);
    }
    return offset;
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
    Shape out(std::max(a.size(), b.size()), 1);
    for (std::size_t i = 1; i <= out.size(); ++i) {
        const std::int64_t x = i <= a.size() ? a[a.size() - i] : 1;
        const std::int64_t y = i <= b.size() ? b[b.size() - i] : 1;
        out[out.size() - i] = x == 1 ? y : x;
    }
    return out;
}

Plain elementwise(const Plain& a, const Plain& b, const std::function<double(double, double)>& operation) {
    Plain out{broadcast_shape(a.shape, b.shape), {}};
    for (std::size_t i = 0; i < count(out.shape); ++i) {
        out.values.push_back(operation(a.values[broadcast_from(i, out.shape, a.shape)],
                                       b.values[broadcast_from(i, out.shape, b.shape)]));
    }
    return out;
}

Plain add(const Plain& a, const Plain& b) { return elementwise(a, b, std::plus<>()); }

Plain gemm(const Node& node, const Values& values) {
    const Plain& a = values.at(node.inputs[0]);
    const Plain& b = values.at(node.inputs[1]);
    const bool ta = node.attribute_int("transA", 0) != 0;
    const bool tb = node.attribute_int("transB", 0) != 0;
    const std::int64_t rows = a.shape[ta ? 1 : 0];
    const std::int64_t inner = a.shape[ta ? 0 : 1];
    const std::int64_t columns = b.shape[tb ? 0 : 1];
    Plain out{{rows, columns}, {}};
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) {
            double sum = 0;
            for (std::int64_t k = 0; k < inner; ++k) {
                sum += a.values[static_cast<std::size_t>(ta ? k * rows + i : i * inner + k)] *
                       b.values[static_cast<std::size_t>(tb ? j * inner + k : k * columns + j)];
            }
            out.values.push_back(static_cast<double>(node.attribute_float("alpha", 1)) * sum);
        }
    }
    if (node.inputs.size() < 3 || node.inputs[2].empty()) return out;
    Plain c = values.at(node.inputs[2]);
    for (double& value : c.values) value *= static_cast<double>(node.attribute_float("beta", 1));
    return add(out, c);
}

Plain matmul(Plain a, Plain b) {
    const bool vector_a = a.shape.size() == 1;
    const bool vector_b = b.shape.size() == 1;
    if (vector_a) a.shape.insert(a.shape.begin(), 1);
    if (vector_b) b.shape.push_back(1);
    const std::int64_t rows = a.shape[a.shape.size() - 2];
    const std::int64_t inner = a.shape.back();
    const std::int64_t columns = b.shape.back();
    const Shape a_leading(a.shape.begin(), a.shape.end() - 2);
    const Shape b_leading(b.shape.begin(), b.shape.end() - 2);
    Plain out{broadcast_shape(a_leading, b_leading), {}};
    const Shape leading = out.shape;
    for (std::size_t l = 0; l < count(leading); ++l) {
        const std::size_t at_a =
            broadcast_from(l, leading, a_leading) * static_cast<std::size_t>(rows * inner);
        const std::size_t at_b =
            broadcast_from(l, leading, b_leading) * static_cast<std::size_t>(inner * columns);
        for (std::int64_t i = 0; i < rows; ++i) {
            for (std::int64_t j = 0; j < columns; ++j) {
                double sum = 0;
                for (std::int64_t k = 0; k < inner; ++k) {
                    sum += a.values[at_a + static_cast<std::size_t>(i * inner + k)] *
                           b.values[at_b + static_cast<std::size_t>(k * columns + j)];
                }
                out.values.push_back(sum);
            }
        }
    }
    if (!vector_a) out.shape.push_back(rows);
    if (!vector_b) out.shape.push_back(columns);
    return out;
}

Plain softmax(const Node& node, const Plain& x) {
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    std::int64_t axis = node.attribute_int("axis", -1);
    if (axis < 0) axis += rank;
    const auto split = x.shape.begin() + axis;
    const std::size_t outer = count(Shape(x.shape.begin(), split));
    const std::size_t inner = count(Shape(split + 1, x.shape.end()));
    const auto length = static_cast<std::size_t>(*split);
    Plain out = x;
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t i = 0; i < inner; ++i) {
            double sum = 0;
            for (std::size_t k = 0; k < length; ++k) sum += std::exp(x.values[(o * length + k) * inner + i]);
            for (std::size_t k = 0; k < length; ++k) {
                const std::size_t at = (o * length + k) * inner + i;
                out.values[at] = std::exp(x.values[at]) / sum;
            }
        }
    }
    return out;
}

Plain flatten(const Node& node, Plain x) {
    std::int64_t axis = node.attribute_int("axis", 1);
    if (axis < 0) axis += static_cast<std::int64_t>(x.shape.size());
    const auto split = x.shape.begin() + axis;
    x.shape = {element_count(Shape(x.shape.begin(), split)), element_count(Shape(split, x.shape.end()))};
    return x;
}

Plain relu(Plain x) {
    for (double& value : x.values) value = std::max(value, 0.0);
    return x;
}

/// By the operator's own plain computation, which the ONNX project's cases test, in double. Constants that
/// are not computed on, as indices and scales, keep their type; all outputs go into `values`.
Plain evaluate_in_double(const Node& node, Values& values, const Weights& constants) {
    std::vector<Tensor> inputs(node.inputs.size());
    std::vector<const Tensor*> operands;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const auto constant = constants.find(node.inputs[i]);
        const bool as_it_is =
            constant != constants.end() && (constant->second.dtype() != DType::f32 || node.op == "Resize");
        if (node.inputs[i].empty()) {
            operands.push_back(nullptr);
            continue;
        }
        const Plain& value = values.at(node.inputs[i]);
        inputs[i] = as_it_is ? constant->second : Tensor::of<double>(value.shape, value.values);
        operands.push_back(&inputs[i]);
    }
    const std::vector<Tensor> outputs = espalier::evaluate(node, operands);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto elements = outputs[i].as<double>();
        values[node.outputs[i]] = {outputs[i].shape(), {elements.begin(), elements.end()}};
    }
    return values.at(node.outputs[0]);
}

Plain evaluate(const Node& node, Values& values, const Weights& constants) {
    const Plain& x = values.at(node.inputs[0]);
    if (node.op == "Gemm") return gemm(node, values);
    if (node.op == "MatMul") return matmul(x, values.at(node.inputs[1]));
    if (node.op == "Add") return add(x, values.at(node.inputs[1]));
    if (node.op == "Mul") return elementwise(x, values.at(node.inputs[1]), std::multiplies<>());
    if (node.op == "Div") return elementwise(x, values.at(node.inputs[1]), std::divides<>());
    if (node.op == "Relu") return relu(x);
    if (node.op == "Softmax") return softmax(node, x);
    if (node.op == "Flatten") return flatten(node, x);
    if (node.op == "Identity") return x;
    if (const auto y = evaluate_image_op(node, values)) return *y;
    return evaluate_in_double(node, values, constants);
}

Plain plain_of(const Tensor& tensor) {
    if (tensor.dtype() == DType::i64) {
        const auto values = tensor.as<std::int64_t>();
        return {tensor.shape(), {values.begin(), values.end()}};
    }
    return {tensor.shape(), {tensor.f32().begin(), tensor.f32().end()}};
}

}  // namespace

std::map<std::string, Plain> run_plainly(const Graph& graph, const NamedTensors& inputs) {
    Values values;
    for (const auto& [name, tensor] : inputs) values[name] = plain_of(tensor);
    for (const auto& [name, tensor] : graph.initializers) values[name] = plain_of(tensor);
    for (const Node& node : graph.nodes)
        values[node.outputs.front()] = evaluate(node, values, graph.initializers);
    return values;
}

void expect_near(const Tensor& got, const Plain& expected, double tolerance) {
    ASSERT_EQ(got.shape(), expected.shape);
    double largest = 0;
    for (const double value : expected.values) largest = std::max(largest, std::abs(value));
    double worst = 0;
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(got.f32()[i]) - expected.values[i]));
    }
    EXPECT_LE(worst, tolerance * largest);
}

}  // namespace espalier::test
