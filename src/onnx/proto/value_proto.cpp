#include "onnx/proto/value_proto.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "graph/op.h"
#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx {
namespace {

Dim to_dim(const pb::TensorShapeProto::Dimension& proto) {
    if (proto.has_dim_param() && !proto.dim_param().empty()) return Dim(proto.dim_param());
    if (!proto.has_dim_value()) return {};
    if (proto.dim_value() < 0) throw InvalidModel(fmt::format("a dimension is {}", proto.dim_value()));
    return Dim(proto.dim_value());
}

}  // namespace

std::optional<ValueType> to_value_type(const pb::ValueInfoProto& proto) {
    if (!proto.has_type() || proto.type().value_case() == pb::TypeProto::VALUE_NOT_SET) return std::nullopt;
    if (!proto.type().has_tensor_type()) throw Unsupported("it is not a tensor");
    const auto& tensor = proto.type().tensor_type();
    ValueType type{to_dtype(tensor.elem_type()), {}};
    if (!tensor.has_shape()) return std::nullopt;
    if (static_cast<std::size_t>(tensor.shape().dim_size()) > kMostDimensions) {
        throw Unsupported(fmt::format("it has {} dimensions, at most {} are supported",
                                      tensor.shape().dim_size(), kMostDimensions));
    }
    for (const auto& dim : tensor.shape().dim()) type.dims.push_back(to_dim(dim));
    return type;
}

void fill(pb::ValueInfoProto& proto, const Value& value) {
    proto.set_name(value.name);
    auto& tensor = *proto.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(to_data_type(value.type.dtype));
    auto& shape = *tensor.mutable_shape();  // there even without dimensions: a scalar
    for (const Dim& dim : value.type.dims) {
        auto& to = *shape.add_dim();
        if (dim.is_fixed()) to.set_dim_value(dim.size());
        if (dim.is_symbol()) to.set_dim_param(dim.symbol());
    }
}

}  // namespace espalier::onnx
