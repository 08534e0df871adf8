#include "tensor/convert.h"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "espalier/error.h"

namespace espalier {
namespace {

template <class To, class From>
To element(From value) {
    if constexpr (std::is_same_v<To, bool>) {
        return value != From{};
    } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
        if (std::isnan(value)) return 0;
        // The bounds as powers of two: the largest i64 itself is no floating-point number.
        const auto low = static_cast<From>(std::numeric_limits<To>::min());
        const From above = std::ldexp(From{1}, std::numeric_limits<To>::digits);
        if (value <= low) return std::numeric_limits<To>::min();
        if (value >= above) return std::numeric_limits<To>::max();
        return static_cast<To>(value);
    } else {
        return static_cast<To>(value);
    }
}

/// Calls body(span of T, or of float for halves).
template <class Body>
void read(const Tensor& tensor, const Body& body) {
    const auto halves = [&](float (*widen)(std::uint16_t)) {
        const auto* bits = reinterpret_cast<const std::uint16_t*>(tensor.bytes().data());
        std::vector<float> values(static_cast<std::size_t>(tensor.count()));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = widen(bits[i]);
        body(std::span<const float>(values));
    };
    switch (tensor.dtype()) {
        case DType::f32:
            return body(tensor.as<float>());
        case DType::f64:
            return body(tensor.as<double>());
        case DType::f16:
            return halves(from_f16);
        case DType::bf16:
            return halves(from_bf16);
        case DType::i8:
            return body(tensor.as<std::int8_t>());
        case DType::u8:
            return body(tensor.as<std::uint8_t>());
        case DType::i16:
            return body(tensor.as<std::int16_t>());
        case DType::u16:
            return body(tensor.as<std::uint16_t>());
        case DType::i32:
            return body(tensor.as<std::int32_t>());
        case DType::u32:
            return body(tensor.as<std::uint32_t>());
        case DType::i64:
            return body(tensor.as<std::int64_t>());
        case DType::u64:
            return body(tensor.as<std::uint64_t>());
        case DType::boolean:
            return body(tensor.as<bool>());
    }
}

template <class To, class Values>
void write(Values values, Tensor& to) {
    const auto out = to.as<To>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = element<To>(values[i]);
}

template <class Values>
void write_halves(Values values, Tensor& to, std::uint16_t (*narrow)(float)) {
    auto* out = reinterpret_cast<std::uint16_t*>(to.bytes().data());
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = narrow(static_cast<float>(values[i]));
}

template <class Values>
void write_any(Values values, Tensor& to) {
    switch (to.dtype()) {
        case DType::f32:
            return write<float>(values, to);
        case DType::f64:
            return write<double>(values, to);
        case DType::f16:
            return write_halves(values, to, to_f16);
        case DType::bf16:
            return write_halves(values, to, to_bf16);
        case DType::i8:
            return write<std::int8_t>(values, to);
        case DType::u8:
            return write<std::uint8_t>(values, to);
        case DType::i16:
            return write<std::int16_t>(values, to);
        case DType::u16:
            return write<std::uint16_t>(values, to);
        case DType::i32:
            return write<std::int32_t>(values, to);
        case DType::u32:
            return write<std::uint32_t>(values, to);
        case DType::i64:
            return write<std::int64_t>(values, to);
        case DType::u64:
            return write<std::uint64_t>(values, to);
        case DType::boolean:
            return write<bool>(values, to);
    }
}

}  // namespace

Tensor converted(const Tensor& tensor, DType dtype) {
    if (tensor.dtype() == dtype) return tensor;
    Tensor out(dtype, tensor.shape());
    read(tensor, [&](auto values) { write_any(values, out); });
    return out;
}

}  // namespace espalier
