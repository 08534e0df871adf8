// Every DType, for tests that go over all of them.
#pragma once

#include "espalier/tensor.h"

namespace espalier::testing {

inline constexpr DType kDTypes[] = {DType::f32, DType::f64, DType::f16,    DType::bf16, DType::i8,
                                    DType::u8,  DType::i16, DType::u16,    DType::i32,  DType::u32,
                                    DType::i64, DType::u64, DType::boolean};

/// Bytes 0, 1, 0, 1, ...: valid for every dtype, bool included.
inline Tensor filled(DType dtype, const Shape& shape) {
    Tensor tensor(dtype, shape);
    for (std::size_t i = 0; i < tensor.bytes().size(); ++i) tensor.bytes()[i] = std::byte(i % 2);
    return tensor;
}

}  // namespace espalier::testing
