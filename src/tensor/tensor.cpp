#include "espalier/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/memory.h"
#include "espalier/error.h"

namespace espalier {
namespace {

struct DTypeInfo {
    std::string_view name;
    std::size_t size;
};

constexpr DTypeInfo kDTypes[] = {{"f32", 4}, {"f64", 8}, {"f16", 2}, {"bf16", 2}, {"i8", 1},
                                 {"u8", 1},  {"i16", 2}, {"u16", 2}, {"i32", 4},  {"u32", 4},
                                 {"i64", 8}, {"u64", 8}, {"bool", 1}};

}  // namespace

std::size_t size_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)].size; }
std::string_view name_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)].name; }

std::int64_t element_count(const Shape& shape) {
    std::int64_t count = 1;
    bool overflow = false;
    for (const std::int64_t dim : shape) {
        if (dim < 0)
            throw InvalidArgument(fmt::format("shape {}: a dimension is negative", to_string(shape)));
        overflow |= __builtin_mul_overflow(count, dim, &count);
    }
    // 16 bytes an element is more than any dtype needs, so sizes in bytes cannot overflow either.
    if (overflow || count > std::numeric_limits<std::int64_t>::max() / 16) {
        throw InvalidArgument(
            fmt::format("shape {} has more elements than memory can hold", to_string(shape)));
    }
    return count;
}

std::string to_string(const Shape& shape) {
    return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

void Tensor::Free::operator()(std::byte* data) const { free_aligned(data); }

Tensor::Tensor(DType dtype, Shape shape) : Tensor(dtype, std::move(shape), Overwritten{}) {
    if (count_ > 0) std::memset(data_.get(), 0, size_bytes());
}

Tensor::Tensor(DType dtype, Shape shape, Overwritten /*tag*/)
    : dtype_(dtype), shape_(std::move(shape)), count_(element_count(shape_)) {
    // Rounded up to whole vectors, so a kernel may read the last one in full.
    const std::size_t capacity = (size_bytes() + kAlignment - 1) / kAlignment * kAlignment;
    try {
        data_.reset(allocate_aligned(capacity, kAlignment));
    } catch (const OutOfMemory& error) {
        throw OutOfMemory(
            fmt::format("a tensor of {} of shape {}: {}", name_of(dtype), to_string(shape_), error.what()));
    }
    if (capacity > size_bytes()) std::memset(data_.get() + size_bytes(), 0, capacity - size_bytes());
}

Tensor::Tensor(const Tensor& other) : Tensor(other.dtype_, other.shape_, Overwritten{}) {
    if (count_ > 0) std::memcpy(data_.get(), other.data_.get(), size_bytes());
}

Tensor::Tensor(Tensor&& other) noexcept
    : dtype_(other.dtype_),
      shape_(std::exchange(other.shape_, {0})),
      count_(std::exchange(other.count_, 0)),
      data_(std::move(other.data_)) {}

Tensor& Tensor::operator=(Tensor&& other) noexcept {
    if (this == &other) return *this;
    dtype_ = other.dtype_;
    shape_ = std::exchange(other.shape_, {0});
    count_ = std::exchange(other.count_, 0);
    data_ = std::move(other.data_);
    return *this;
}

Tensor& Tensor::operator=(const Tensor& other) {
    if (this != &other) *this = Tensor(other);
    return *this;
}

Tensor Tensor::reshaped(Shape shape) && {
    if (element_count(shape) != count_) {
        throw InvalidArgument(fmt::format("cannot reshape {} to {}", to_string(shape_), to_string(shape)));
    }
    shape_ = std::move(shape);
    return std::move(*this);
}

bool Tensor::operator==(const Tensor& other) const {
    return dtype_ == other.dtype_ && shape_ == other.shape_ &&
           (count_ == 0 || std::memcmp(data_.get(), other.data_.get(), size_bytes()) == 0);
}

void Tensor::require(DType wanted) const {
    if (dtype_ != wanted) {
        throw InvalidArgument(fmt::format("tensor holds {}, expected {}", name_of(dtype_), name_of(wanted)));
    }
}

void Tensor::fill_from(const void* values, std::size_t count) {
    if (count != static_cast<std::size_t>(count_)) {
        throw InvalidArgument(fmt::format("{} values given for shape {}", count, to_string(shape_)));
    }
    if (count > 0) std::memcpy(data_.get(), values, size_bytes());
}

Tensor copy_of(const TensorView& view) {
    Tensor tensor = Tensor::for_overwrite(view.dtype, view.shape);
    std::copy_n(view.data, tensor.bytes().size(), tensor.bytes().data());
    return tensor;
}

}  // namespace espalier
