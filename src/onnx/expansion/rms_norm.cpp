#include "onnx/expansion/rms_norm.h"

#include <numeric>

#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx {

std::string rms_normal(Expansion& e, const std::string& x, const Dims& dims, DType dtype) {
    const Node& node = e.node();
    const std::size_t axis = axis_from_front(node, node.attribute_int("axis", -1), dims.size());
    std::vector<std::int64_t> axes(dims.size() - axis);
    std::iota(axes.begin(), axes.end(), static_cast<std::int64_t>(axis));
    const bool half = dtype == DType::f16 || dtype == DType::bf16;
    const bool widens = half && node.attribute_int("stash_type", 1) == 1;
    const DType inner = widens ? DType::f32 : dtype;
    const auto cast = [&](const std::string& value, DType type) {
        return e.add("Cast", {value}, {{"to", static_cast<std::int64_t>(to_data_type(type))}});
    };
    const std::string wide = widens ? cast(x, inner) : x;
    const std::string squares = e.add("Mul", {wide, wide});
    const std::string mean = e.add("ReduceMean", {squares}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
    const std::string above = e.add("Add", {mean, e.scalar(inner, node.attribute_float("epsilon", 1e-5F))});
    const std::string normal = e.add("Div", {wide, e.add("Sqrt", {above})});
    return widens ? cast(normal, dtype) : normal;
}

}  // namespace espalier::onnx
