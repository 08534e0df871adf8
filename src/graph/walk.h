// Walks over several tensors at once, and copies between parts of tensors.
#pragma once

#include <array>

#include <type_traits>
#include <utility>

#include "espalier/tensor.h"

namespace espalier {

/// Distances between neighbours along each dimension of a row-major tensor.
inline Shape row_major_strides(const Shape& shape) {
    Shape strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
    return strides;
}

/// Strides of `shape` seen as `target`, from which broadcasting makes it: 0 where a dimension is repeated.
inline Shape repeated_strides(const Shape& shape, const Shape& target) {
    Shape strides(target.size(), 0);
    std::int64_t stride = 1;
    for (std::size_t i = 1; i <= shape.size(); ++i) {  // from the last dimension to the first
        const std::int64_t dim = shape[shape.size() - i];
        if (dim != 1) strides[target.size() - i] = stride;
        stride *= dim;
    }
    return strides;
}

/// Calls visit(positions) for every index of `sizes` in row-major order, with the position in each of N
/// tensors that have these strides.
template <std::size_t N, class Visit>
void walk(const Shape& sizes, const std::array<Shape, N>& strides, const Visit& visit) {
    const std::int64_t count = element_count(sizes);
    std::array<std::int64_t, N> at{};
    Shape index(sizes.size(), 0);
    for (std::int64_t i = 0; i < count; ++i) {
        visit(std::as_const(at));
        for (std::size_t d = sizes.size(); d-- > 0;) {
            for (std::size_t k = 0; k < N; ++k) at[k] += strides[k][d];
            if (++index[d] < sizes[d]) break;
            for (std::size_t k = 0; k < N; ++k) at[k] -= strides[k][d] * sizes[d];
            index[d] = 0;
        }
    }
}

/// A part of a tensor: its first element and the distances between neighbours. `data` is the whole tensor's.
template <class Bytes>
struct Part {
    Bytes data;
    std::int64_t first = 0;
    Shape strides;
};

/// Calls body(T()) with an unsigned integer of `size` bytes: elements that are only moved.
template <class Body>
void as_bits(std::size_t size, const Body& body) {
    if (size == 1) body(std::uint8_t());
    if (size == 2) body(std::uint16_t());
    if (size == 4) body(std::uint32_t());
    if (size == 8) body(std::uint64_t());
}

/// Copies `sizes` elements of `size` bytes.
inline void copy_part(const Shape& sizes, std::size_t size, const Part<const std::byte*>& from,
                      const Part<std::byte*>& to) {
    as_bits(size, [&](auto zero) {
        using T = decltype(zero);
        const T* x = reinterpret_cast<const T*>(from.data) + from.first;
        T* y = reinterpret_cast<T*>(to.data) + to.first;
        walk<2>(sizes, {from.strides, to.strides}, [&](const auto& at) { y[at[1]] = x[at[0]]; });
    });
}

/// The product of dimensions [begin, end) of a shape.
inline std::int64_t product_of(const Shape& shape, std::size_t begin, std::size_t end) {
    std::int64_t count = 1;
    for (std::size_t i = begin; i < end; ++i) count *= shape[i];
    return count;
}

}  // namespace espalier
