#include "arrays.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <optional>

#include "espalier/error.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

struct Pair {
    nb::dlpack::dtype_code code;
    std::uint8_t bits;
    DType dtype;
};

constexpr Pair kTypes[] = {
    {nb::dlpack::dtype_code::Float, 32, DType::f32},  {nb::dlpack::dtype_code::Float, 64, DType::f64},
    {nb::dlpack::dtype_code::Float, 16, DType::f16},  {nb::dlpack::dtype_code::Bfloat, 16, DType::bf16},
    {nb::dlpack::dtype_code::Int, 8, DType::i8},      {nb::dlpack::dtype_code::UInt, 8, DType::u8},
    {nb::dlpack::dtype_code::Int, 16, DType::i16},    {nb::dlpack::dtype_code::UInt, 16, DType::u16},
    {nb::dlpack::dtype_code::Int, 32, DType::i32},    {nb::dlpack::dtype_code::UInt, 32, DType::u32},
    {nb::dlpack::dtype_code::Int, 64, DType::i64},    {nb::dlpack::dtype_code::UInt, 64, DType::u64},
    {nb::dlpack::dtype_code::Bool, 8, DType::boolean}};

std::optional<DType> dtype_of_array(nb::dlpack::dtype dtype) {
    for (const Pair& pair : kTypes) {
        if (static_cast<std::uint8_t>(pair.code) == dtype.code && pair.bits == dtype.bits && dtype.lanes == 1)
            return pair.dtype;
    }
    return std::nullopt;
}

nb::dlpack::dtype code_of(DType dtype) {
    for (const Pair& pair : kTypes) {
        if (pair.dtype == dtype) return {static_cast<std::uint8_t>(pair.code), pair.bits, 1};
    }
    throw Unsupported(fmt::format("{} cannot be shown as an array", name_of(dtype)));
}

/// Strides of an array without elements mean nothing: NumPy's are 0.
bool is_row_major(const nb::ndarray<nb::ro>& array) {
    for (std::size_t i = 0; i < array.ndim(); ++i) {
        if (array.shape(i) == 0) return true;
    }
    std::int64_t expected = 1;
    for (std::size_t i = array.ndim(); i-- > 0;) {
        if (array.shape(i) > 1 && array.stride(i) != expected) return false;
        expected *= static_cast<std::int64_t>(array.shape(i));
    }
    return array.size() > 0 || array.ndim() > 0;
}

/// NumPy has no bfloat16 of its own: such outputs are refused by name.
template <class Array>
nb::object cast(Array&& array, DType dtype) {
    if (dtype == DType::bf16) throw Unsupported("NumPy has no bfloat16: cast the output in the network");
    return array.cast();
}

}  // namespace

LentArray lent_array(nb::handle object, const std::string& name) {
    nb::ndarray<nb::ro> array;
    if (!nb::try_cast(object, array)) {
        PyErr_Clear();
        throw InvalidArgument(
            fmt::format("input \"{}\": got {}, expected an array (NumPy, DLPack or a buffer) of numbers",
                        name, nb::type_name(object.type()).c_str()));
    }
    if (array.device_type() != nb::device::cpu::value) {
        throw InvalidArgument(
            fmt::format("input \"{}\": it is not in the CPU's memory: give x.cpu() or the like", name));
    }
    const auto dtype = dtype_of_array(array.dtype());
    if (!dtype) {
        throw InvalidArgument(
            fmt::format("input \"{}\": elements of {} bits with DLPack code {} are of no tensor's type", name,
                        array.dtype().bits, array.dtype().code));
    }
    Shape shape;
    for (std::size_t i = 0; i < array.ndim(); ++i) shape.push_back(static_cast<std::int64_t>(array.shape(i)));
    if (array.ndim() > 0 && !is_row_major(array)) {
        throw InvalidArgument(
            fmt::format("input \"{}\" ({}): its strides are not those of a row-major array: give "
                        "numpy.ascontiguousarray(x)",
                        name, to_string(shape)));
    }
    if (reinterpret_cast<std::uintptr_t>(array.data()) % size_of(*dtype) != 0)
        throw InvalidArgument(
            fmt::format("input \"{}\": it is not aligned to {} bytes", name, size_of(*dtype)));
    const void* data = array.data();
    return {std::move(array), TensorView(*dtype, std::move(shape), data)};
}

nb::object to_numpy(Tensor tensor) {
    const DType dtype = tensor.dtype();
    auto owned = std::make_unique<Tensor>(std::move(tensor));
    void* const data = owned->bytes().data();
    const std::vector<std::size_t> shape(owned->shape().begin(), owned->shape().end());
    nb::capsule owner(owned.get(), [](void* held) noexcept { delete static_cast<Tensor*>(held); });
    owned.release();
    return cast(nb::ndarray<nb::numpy>(data, shape.size(), shape.data(), owner, nullptr, code_of(dtype)),
                dtype);
}

std::string name_of_key(nb::handle key) {
    if (nb::isinstance<nb::str>(key)) return nb::cast<std::string>(key);
    throw InvalidArgument(
        fmt::format("got a key of type {}, expected a name", nb::type_name(key.type()).c_str()));
}

NamedTensors copies_of(const nb::dict& arrays) {
    NamedTensors tensors;
    for (const auto& [key, value] : arrays) {
        const std::string name = name_of_key(key);
        tensors.insert_or_assign(name, copy_of(lent_array(value, name).view));
    }
    return tensors;
}

}  // namespace espalier::python
