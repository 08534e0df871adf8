#include "onnx/expansion/attention.h"

#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx {
namespace {

std::vector<std::int64_t> order(std::initializer_list<std::int64_t> axes) { return axes; }

/// A number of i64, the size of one axis.
std::string size_of_axis(Expansion& e, const std::string& value, std::int64_t axis) {
    const std::string shape = e.add("Shape", {value});
    const std::string index = e.constant(Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{axis}));
    return e.add("Gather", {shape, index});
}

std::string number(Expansion& e, std::int64_t value) {
    return e.constant(Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{value}));
}

}  // namespace

std::string split_heads(Expansion& e, const std::string& value, std::int64_t heads) {
    const std::string parts = e.add("Reshape", {value, e.ints({0, 0, heads, -1})});
    return e.add("Transpose", {parts}, {{"perm", order({0, 2, 1, 3})}});
}

std::string merge_heads(Expansion& e, const std::string& value) {
    const std::string rows = e.add("Transpose", {value}, {{"perm", order({0, 2, 1, 3})}});
    return e.add("Reshape", {rows, e.ints({0, 0, -1})});
}

std::string attend(Expansion& e, AttentionParts& parts) {
    const std::string turned = e.add("Transpose", {parts.k}, {{"perm", order({0, 1, 3, 2})}});
    const std::string product = e.add("MatMul", {parts.q, turned});
    parts.scores = e.add("Mul", {product, e.scalar(parts.dtype, parts.scale)});
    std::string scores = parts.scores;
    if (parts.softcap > 0) {
        const std::string cap = e.scalar(parts.dtype, parts.softcap);
        scores = e.add("Mul", {e.add("Tanh", {e.add("Div", {scores, cap})}), cap});
    }
    for (const std::string& bias : parts.bias) scores = e.add("Add", {scores, bias});
    parts.shares = e.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    return e.add("MatMul", {parts.shares, parts.v});
}

std::string bias_where(Expansion& e, const std::string& seen, DType dtype, float hidden) {
    return e.add("Where", {seen, e.scalar(dtype, 0), e.scalar(dtype, hidden)});
}

std::string causal_bias(Expansion& e, const std::string& q, const std::string& k, const std::string& past,
                        DType dtype, float hidden) {
    const std::string zero = number(e, 0);
    const std::string one = number(e, 1);
    std::string rows = e.add("Range", {zero, size_of_axis(e, q, 2), one});
    if (!past.empty()) rows = e.add("Add", {rows, size_of_axis(e, past, 2)});
    const std::string columns = e.add("Range", {zero, size_of_axis(e, k, 2), one});
    rows = e.add("Unsqueeze", {rows, e.ints({1})});
    return bias_where(e, e.add("LessOrEqual", {columns, rows}), dtype, hidden);
}

}  // namespace espalier::onnx
