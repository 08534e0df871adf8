#include "onnx/proto/tensor_proto.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>

#include "espalier/error.h"
#include "graph/op.h"
#include "tensor/booleans.h"

namespace espalier::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX's raw data is little-endian");

constexpr std::pair<DType, int> kDataTypes[] = {
    {DType::f32, pb::TensorProto::FLOAT},    {DType::f64, pb::TensorProto::DOUBLE},
    {DType::f16, pb::TensorProto::FLOAT16},  {DType::bf16, pb::TensorProto::BFLOAT16},
    {DType::i8, pb::TensorProto::INT8},      {DType::u8, pb::TensorProto::UINT8},
    {DType::i16, pb::TensorProto::INT16},    {DType::u16, pb::TensorProto::UINT16},
    {DType::i32, pb::TensorProto::INT32},    {DType::u32, pb::TensorProto::UINT32},
    {DType::i64, pb::TensorProto::INT64},    {DType::u64, pb::TensorProto::UINT64},
    {DType::boolean, pb::TensorProto::BOOL},
};

void check_size(const char* field, std::size_t got, std::size_t expected, DType dtype, const Shape& shape) {
    if (got != expected) {
        throw InvalidModel(fmt::format("{} {} needs {} of {}, got {}", name_of(dtype), to_string(shape),
                                       expected, field, got));
    }
}

Tensor with_checked_booleans(Tensor tensor) {
    try {
        check_booleans(tensor);
    } catch (const BadData& error) {
        throw InvalidModel(error.what());
    }
    return tensor;
}

/// `fill(bytes)` writes the raw data, of `size` bytes.
template <class Fill>
Tensor from_raw(std::size_t size, DType dtype, Shape shape, const Fill& fill) {
    check_size("raw_data", size, static_cast<std::size_t>(element_count(shape)) * size_of(dtype), dtype,
               shape);
    Tensor tensor = Tensor::for_overwrite(dtype, std::move(shape));
    if (size > 0) fill(tensor.bytes());
    return with_checked_booleans(std::move(tensor));
}

Tensor from_file(const pb::TensorProto& proto, DType dtype, Shape shape, ExternalData& elsewhere) {
    elsewhere.check(proto, static_cast<std::uint64_t>(element_count(shape)) * size_of(dtype));
    Tensor tensor = Tensor::for_overwrite(dtype, std::move(shape));
    elsewhere.read(proto, tensor.bytes());
    return with_checked_booleans(std::move(tensor));
}

/// Elements that ONNX stores one each in a wider integer or as they are. Bits is what they are narrowed to.
template <class Bits, class Field>
Tensor from_list(const char* name, const Field& field, DType dtype, Shape shape) {
    check_size(name, static_cast<std::size_t>(field.size()), static_cast<std::size_t>(element_count(shape)),
               dtype, shape);
    Tensor tensor(dtype, std::move(shape));
    std::byte* to = tensor.bytes().data();
    for (const auto value : field) {
        const auto bits = static_cast<Bits>(value);
        if constexpr (std::numeric_limits<Bits>::is_integer) {
            if (static_cast<decltype(value)>(bits) != value) {
                throw InvalidModel(fmt::format("{} does not fit {}", value, name_of(dtype)));
            }
        }
        std::memcpy(to, &bits, sizeof bits);
        to += sizeof bits;
    }
    return tensor;
}

Tensor from_typed(const pb::TensorProto& proto, DType dtype, Shape shape) {
    const auto int32 = [&]<class Bits>(Bits /*type*/) {
        return from_list<Bits>("int32_data", proto.int32_data(), dtype, std::move(shape));
    };
    switch (dtype) {
        case DType::f32:
            return from_list<float>("float_data", proto.float_data(), dtype, std::move(shape));
        case DType::f64:
            return from_list<double>("double_data", proto.double_data(), dtype, std::move(shape));
        case DType::i64:
            return from_list<std::int64_t>("int64_data", proto.int64_data(), dtype, std::move(shape));
        case DType::u32:
            return from_list<std::uint32_t>("uint64_data", proto.uint64_data(), dtype, std::move(shape));
        case DType::u64:
            return from_list<std::uint64_t>("uint64_data", proto.uint64_data(), dtype, std::move(shape));
        case DType::i32:
            return int32(std::int32_t{});
        case DType::i16:
            return int32(std::int16_t{});
        case DType::i8:
            return int32(std::int8_t{});
        case DType::u8:
            return int32(std::uint8_t{});
        case DType::boolean:
            return int32(bool{});
        case DType::u16:
        case DType::f16:
        case DType::bf16:
            return int32(std::uint16_t{});  // halves are stored as their bits
    }
    ESPALIER_ASSERT(false && "every DType has a field");
    return {};
}

}  // namespace

DType to_dtype(int data_type) {
    for (const auto& [dtype, known] : kDataTypes) {
        if (known == data_type) return dtype;
    }
    if (data_type == pb::TensorProto::UNDEFINED) throw InvalidModel("it has no element type");
    const std::string name =
        pb::TensorProto::DataType_IsValid(data_type)
            ? pb::TensorProto::DataType_Name(static_cast<pb::TensorProto::DataType>(data_type))
            : std::to_string(data_type);
    throw Unsupported(fmt::format("elements of type {} are not supported", name));
}

int to_data_type(DType dtype) {
    for (const auto& [known, data_type] : kDataTypes) {
        if (known == dtype) return data_type;
    }
    ESPALIER_ASSERT(false && "every DType has an ONNX type");
    return 0;
}

Shape to_shape(const google::protobuf::RepeatedField<std::int64_t>& dims) {
    if (static_cast<std::size_t>(dims.size()) > kMostDimensions) {
        throw Unsupported(
            fmt::format("it has {} dimensions, at most {} are supported", dims.size(), kMostDimensions));
    }
    Shape shape(dims.begin(), dims.end());
    try {
        element_count(shape);
    } catch (const InvalidArgument& error) {
        throw InvalidModel(error.what());
    }
    return shape;
}

Tensor to_tensor(const pb::TensorProto& proto, ExternalData& elsewhere) {
    const DType dtype = to_dtype(proto.data_type());
    if (proto.has_segment()) throw Unsupported("it is a segment of a tensor");
    const bool typed = proto.float_data_size() > 0 || proto.double_data_size() > 0 ||
                       proto.int32_data_size() > 0 || proto.int64_data_size() > 0 ||
                       proto.uint64_data_size() > 0 || proto.string_data_size() > 0;
    const FilePart* left = elsewhere.in_model(proto);
    const std::string& raw = proto.raw_data();
    const std::size_t raw_size = left != nullptr ? left->size : raw.size();
    if (typed && raw_size > 0) throw InvalidModel("it holds its data twice, raw and typed");
    if (proto.data_location() == pb::TensorProto::EXTERNAL) {
        if (typed || raw_size > 0) throw InvalidModel("it holds its data twice, here and in another file");
        return from_file(proto, dtype, to_shape(proto.dims()), elsewhere);
    }
    if (typed) return from_typed(proto, dtype, to_shape(proto.dims()));
    return from_raw(raw_size, dtype, to_shape(proto.dims()), [&](std::span<std::byte> bytes) {
        if (left != nullptr) return elsewhere.read(*left, bytes);
        std::memcpy(bytes.data(), raw.data(), raw.size());
    });
}

Tensor to_tensor(const pb::TensorProto& proto) {
    ExternalData none;
    return to_tensor(proto, none);
}

void fill(pb::TensorProto& proto, const std::string& name, const Tensor& tensor) {
    for (const std::int64_t dim : tensor.shape()) proto.add_dims(dim);
    proto.set_data_type(to_data_type(tensor.dtype()));
    if (!name.empty()) proto.set_name(name);
    proto.set_raw_data(tensor.bytes().data(), tensor.bytes().size());
}

}  // namespace espalier::onnx
