// Numbers kept as small integers q: x = (q - zero point) * scale, with one scale and zero point for a tensor,
// for each index of an axis, or for each block of an axis.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "graph/coupling/coupling.h"
#include "graph/op.h"

namespace espalier {

/// Which scale an element has.
struct ScaleSpread {
    std::int64_t inner = 1;   // elements behind one index of the axis
    std::int64_t axis = 1;    // its size
    std::int64_t block = 1;   // indices of it that share a scale
    std::int64_t scales = 1;  // along the axis
    bool blocked = false;     // scales for every index of the other axes, too

    /// Of a tensor of shape `x` with scales of shape `scale`, which fit as the shape rule says.
    static ScaleSpread of(const Node& node, const Shape& x, const Shape& scale);

    std::int64_t operator()(std::int64_t element) const {
        if (scales == 1 && !blocked) return 0;
        const std::int64_t at = element / inner % axis / block;
        if (!blocked) return at;
        return (element / inner / axis * scales + at) * inner + element % inner;
    }
};

/// Checks scale (input 1) and zero point (input 2, of `stored`'s type) against input 0. Throws InvalidModel,
/// also for constant scales that are not above zero or not finite.
void check_scales(const InferContext& context, DType stored);
/// Elements stay where they are; scales and zero points go with the axis that has one for each index.
void couple_scales(Coupling& coupling);
/// Throws InvalidModel unless input `index` holds one number or a vector of one for each index of `dim`.
void check_one_or_each(const InferContext& context, std::size_t index, const Dim& dim, const char* what);
/// Throws InvalidModel unless the input holds integers of 8 bits.
void require_bytes(const InferContext& context, std::size_t index);

/// The nearest integer (even of two), limited to what T holds; `zero` is added between. 0 for NaN.
template <class T>
T quantised(double scaled, std::int64_t zero) {
    constexpr auto least = static_cast<double>(std::numeric_limits<T>::min());
    constexpr auto most = static_cast<double>(std::numeric_limits<T>::max());
    const double value = std::nearbyint(scaled) + static_cast<double>(zero);
    if (std::isnan(value)) return 0;
    return static_cast<T>(value < least ? least : value > most ? most : value);
}

}  // namespace espalier
