// A dense n-dimensional array in row-major order, with value semantics: a copy is deep, a move is free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier {

enum class DType : std::uint8_t { f32, f64, f16, bf16, i8, u8, i16, u16, i32, u32, i64, u64, boolean };

std::size_t size_of(DType dtype);
/// "f32", "i64", "bool", ...
std::string_view name_of(DType dtype);

using Shape = std::vector<std::int64_t>;

/// Product of the dimensions (1 for a scalar). Throws InvalidArgument on a negative dimension or on overflow.
std::int64_t element_count(const Shape& shape);
/// "128x784"; "scalar" for a shape without dimensions.
std::string to_string(const Shape& shape);

/// The dtype that stands for a C++ type: dtype_of<float> == DType::f32.
template <class T>
constexpr DType dtype_of = [] {
    static_assert(sizeof(T) == 0, "no DType for this type");
    return DType::f32;
}();
template <>
inline constexpr DType dtype_of<float> = DType::f32;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<std::int8_t> = DType::i8;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::u8;
template <>
inline constexpr DType dtype_of<std::int16_t> = DType::i16;
template <>
inline constexpr DType dtype_of<std::uint16_t> = DType::u16;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::i32;
template <>
inline constexpr DType dtype_of<std::uint32_t> = DType::u32;
template <>
inline constexpr DType dtype_of<std::int64_t> = DType::i64;
template <>
inline constexpr DType dtype_of<std::uint64_t> = DType::u64;
template <>
inline constexpr DType dtype_of<bool> = DType::boolean;

class Tensor {
  public:
    static constexpr std::size_t kAlignment = 64;  // one cache line, one 512-bit register

    /// No elements: f32 of shape {0}.
    Tensor() : Tensor(DType::f32, {0}) {}
    /// All zeros. Throws OutOfMemory where there is no room for them.
    Tensor(DType dtype, Shape shape);
    /// For a caller who writes every element: what they are before is not defined.
    static Tensor for_overwrite(DType dtype, Shape shape) { return {dtype, std::move(shape), Overwritten{}}; }
    /// A copy of `values`. Throws InvalidArgument if their number does not match the shape.
    template <class T>
    static Tensor of(Shape shape, std::span<const T> values) {
        Tensor tensor = for_overwrite(dtype_of<T>, std::move(shape));
        tensor.fill_from(values.data(), values.size());
        return tensor;
    }
    template <class T>
    static Tensor of(Shape shape, const std::vector<T>& values) {
        return of<T>(std::move(shape), std::span<const T>(values));
    }

    Tensor(const Tensor& other);
    Tensor& operator=(const Tensor& other);
    /// What was moved from has no elements, like Tensor(), but may be of another dtype.
    Tensor(Tensor&& other) noexcept;
    Tensor& operator=(Tensor&& other) noexcept;
    ~Tensor() = default;

    DType dtype() const { return dtype_; }
    const Shape& shape() const { return shape_; }
    std::size_t rank() const { return shape_.size(); }
    std::int64_t count() const { return count_; }

    std::span<std::byte> bytes() { return {data_.get(), size_bytes()}; }
    std::span<const std::byte> bytes() const { return {data_.get(), size_bytes()}; }

    /// The elements. Throws InvalidArgument if the tensor holds another type.
    template <class T>
    std::span<T> as() {
        require(dtype_of<T>);
        return {reinterpret_cast<T*>(data_.get()), static_cast<std::size_t>(count_)};
    }
    template <class T>
    std::span<const T> as() const {
        require(dtype_of<T>);
        return {reinterpret_cast<const T*>(data_.get()), static_cast<std::size_t>(count_)};
    }
    std::span<float> f32() { return as<float>(); }
    std::span<const float> f32() const { return as<float>(); }

    /// The same elements under another shape of the same count.
    Tensor reshaped(Shape shape) &&;

    /// Same dtype, shape and bytes.
    bool operator==(const Tensor& other) const;

  private:
    struct Overwritten {};
    Tensor(DType dtype, Shape shape, Overwritten /*tag*/);
    struct Free {
        void operator()(std::byte* data) const;
    };
    std::size_t size_bytes() const { return static_cast<std::size_t>(count_) * size_of(dtype_); }
    void require(DType wanted) const;
    void fill_from(const void* values, std::size_t count);

    DType dtype_;
    Shape shape_;
    std::int64_t count_ = 0;
    std::unique_ptr<std::byte[], Free> data_;
};

/// Elements that lie with somebody else, in row-major order; `data` is aligned for the dtype. It lives as
/// long as theirs.
struct TensorView {
    TensorView(DType type, Shape dims, const void* elements)
        : dtype(type), shape(std::move(dims)), data(static_cast<const std::byte*>(elements)) {}
    TensorView(const Tensor& tensor)  // NOLINT(google-explicit-constructor)
        : TensorView(tensor.dtype(), tensor.shape(), tensor.bytes().data()) {}

    DType dtype;
    Shape shape;
    const std::byte* data;
};

Tensor copy_of(const TensorView& view);

/// The same, to write to.
struct TensorSpan {
    TensorSpan(DType type, Shape dims, void* elements)
        : dtype(type), shape(std::move(dims)), data(static_cast<std::byte*>(elements)) {}
    TensorSpan(Tensor& tensor)  // NOLINT(google-explicit-constructor)
        : TensorSpan(tensor.dtype(), tensor.shape(), tensor.bytes().data()) {}

    DType dtype;
    Shape shape;
    std::byte* data;
};

/// Tensors by name, in the order of their names: weights, snapshots, inputs and outputs.
using NamedTensors = std::map<std::string, Tensor, std::less<>>;
using Weights = NamedTensors;

}  // namespace espalier

#pragma GCC visibility pop
