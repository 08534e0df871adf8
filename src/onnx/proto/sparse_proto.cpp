#include "onnx/proto/sparse_proto.h"

#include <fmt/format.h>

#include <cstring>

#include "base/text/numbers.h"
#include "espalier/error.h"
#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx {
namespace {

// With one f32 weight of 1,000 left, stored as 12 bytes, a tensor grows by 333 when it becomes dense.
constexpr std::uint64_t kMostGrowth = 1024;
constexpr std::uint64_t kMessageBytes = 16;  // at least, whatever it holds

Shape shape_of(const pb::SparseTensorProto& proto, const Tensor& values, const Tensor& indices) {
    Shape shape = to_shape(proto.dims());
    const std::uint64_t size = static_cast<std::uint64_t>(element_count(shape)) * size_of(values.dtype());
    const std::uint64_t stored = values.bytes().size() + indices.bytes().size() + kMessageBytes;
    if (size / kMostGrowth > stored) {
        throw InvalidModel(fmt::format("a sparse tensor of {} from {} elements would take {}",
                                       to_string(shape), values.count(), format_bytes(size)));
    }
    return shape;
}

/// Positions in the dense tensor, from linear indices or from one row of coordinates each.
std::vector<std::int64_t> positions(const Tensor& indices, const Shape& shape, std::int64_t count) {
    const auto values = indices.as<std::int64_t>();
    const auto rank = static_cast<std::int64_t>(shape.size());
    const bool linear = indices.shape() == Shape{count};
    if (!linear && indices.shape() != Shape{count, rank}) {
        throw InvalidModel(fmt::format("{} indices for {} elements of {} dimensions",
                                       to_string(indices.shape()), count, rank));
    }
    std::vector<std::int64_t> found;
    for (std::int64_t i = 0; i < count; ++i) {
        std::int64_t position = 0;
        for (std::int64_t axis = 0; !linear && axis < rank; ++axis) {
            const std::int64_t at = values[static_cast<std::size_t>(i * rank + axis)];
            const std::int64_t size = shape[static_cast<std::size_t>(axis)];
            if (at < 0 || at >= size)
                throw InvalidModel(fmt::format("index {} of a dimension of {}", at, size));
            position = position * size + at;
        }
        found.push_back(linear ? values[static_cast<std::size_t>(i)] : position);
    }
    return found;
}

}  // namespace

Tensor to_dense(const pb::SparseTensorProto& proto) {
    const Tensor values = to_tensor(proto.values());
    const Tensor indices = to_tensor(proto.indices());
    if (values.rank() != 1)
        throw InvalidModel(
            fmt::format("the values have shape {}, expected one dimension", to_string(values.shape())));
    if (indices.dtype() != DType::i64)
        throw InvalidModel(fmt::format("the indices are {}, expected i64", name_of(indices.dtype())));
    const Shape shape = shape_of(proto, values, indices);
    const auto at = positions(indices, shape, values.count());
    Tensor dense(values.dtype(), shape);
    const std::size_t size = size_of(values.dtype());
    std::int64_t before = -1;
    for (std::size_t i = 0; i < at.size(); ++i) {
        if (at[i] <= before || at[i] >= dense.count()) {
            throw InvalidModel(fmt::format("index {} after {} of {} elements, expected ascending ones", at[i],
                                           before, dense.count()));
        }
        before = at[i];
        std::memcpy(dense.bytes().data() + static_cast<std::size_t>(at[i]) * size,
                    values.bytes().data() + i * size, size);
    }
    return dense;
}

}  // namespace espalier::onnx
