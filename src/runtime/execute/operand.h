// A value while a program runs: where it lies, what its elements are, and in which order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "espalier/error.h"
#include "espalier/tensor.h"

namespace espalier::runtime {

/// How a value lies in memory. panel, of an activation matrix: [batch / 64][features][64], see
/// kernels/panel.h. blocked, of an image: [N][C / 16][H][W][16], and channels_last: [N][H][W][C], see
/// image_layout.h. The last three are in the order of their names, with f32 rounded to bf16.
enum class Layout : unsigned char {
    row_major,
    panel,
    blocked,
    channels_last,
    row_major_bf16,
    blocked_bf16,
    channels_last_bf16
};

inline bool is_bf16(Layout layout) { return layout >= Layout::row_major_bf16; }

/// The same order in f32.
inline Layout order_of(Layout layout) {
    switch (layout) {
        case Layout::row_major_bf16:
            return Layout::row_major;
        case Layout::blocked_bf16:
            return Layout::blocked;
        case Layout::channels_last_bf16:
            return Layout::channels_last;
        default:
            return layout;
    }
}

/// The same order in bf16, of any but panels.
inline Layout in_bf16(Layout order) {
    switch (order) {
        case Layout::row_major:
            return Layout::row_major_bf16;
        case Layout::blocked:
            return Layout::blocked_bf16;
        case Layout::channels_last:
            return Layout::channels_last_bf16;
        default:
            return order;
    }
}

/// Of the numbers that memory holds, where the value is of `dtype`.
inline DType stored_type(DType dtype, Layout layout) { return is_bf16(layout) ? DType::bf16 : dtype; }

/// Whether elements of `dtype` may be read as T: unsigned integers are the bits of any type of their size.
template <class T>
bool is_read_as(DType dtype) {
    return std::is_unsigned_v<T> ? size_of(dtype) == sizeof(T) : dtype == dtype_of<T>;
}

/// Memory of `Byte`, std::byte or const std::byte.
template <class Byte>
struct BasicOperand {
    Byte* bytes = nullptr;
    DType dtype = DType::f32;
    Layout layout = Layout::row_major;

    BasicOperand() = default;
    BasicOperand(Byte* where, DType type, Layout how = Layout::row_major)
        : bytes(where), dtype(type), layout(how) {}
    /// What is written may be read.
    operator BasicOperand<const Byte>() const { return {bytes, dtype, layout}; }

    template <class T>
    auto* as() const {
        ESPALIER_ASSERT(is_read_as<T>(dtype));
        using Element = std::conditional_t<std::is_const_v<Byte>, const T, T>;
        return reinterpret_cast<Element*>(bytes);
    }
    auto* f32() const { return as<float>(); }
};

using Operand = BasicOperand<const std::byte>;
using Result = BasicOperand<std::byte>;

inline Operand f32_operand(const float* data, Layout layout = Layout::row_major) {
    return {reinterpret_cast<const std::byte*>(data), DType::f32, layout};
}
inline Result f32_result(float* data, Layout layout = Layout::row_major) {
    return {reinterpret_cast<std::byte*>(data), DType::f32, layout};
}

}  // namespace espalier::runtime
