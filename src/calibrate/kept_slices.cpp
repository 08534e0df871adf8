#include "calibrate/kept_slices.h"

#include <bit>
#include <unordered_map>

namespace espalier::calibrate {
namespace {

using Kept = std::vector<std::vector<std::int64_t>>;

/// Positions of values that occur once.
std::unordered_map<std::uint32_t, std::int64_t> unique_values(const Tensor& tensor) {
    std::unordered_map<std::uint32_t, std::int64_t> places;
    for (std::int64_t i = 0; i < tensor.count(); ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(tensor.f32()[static_cast<std::size_t>(i)]);
        const auto [place, is_new] = places.emplace(bits, i);
        if (!is_new) place->second = -1;
    }
    return places;
}

/// The index along each dimension.
Shape indices_of(std::int64_t at, const Shape& shape) {
    Shape indices(shape.size());
    for (std::size_t d = shape.size(); d-- > 0;) {
        indices[d] = at % shape[d];
        at /= shape[d];
    }
    return indices;
}

bool is_right(const Tensor& whole, const Tensor& part, const Kept& kept) {
    for (const std::vector<std::int64_t>& dimension : kept) {
        for (std::size_t i = 0; i < dimension.size(); ++i) {
            if (dimension[i] < 0 || (i > 0 && dimension[i] <= dimension[i - 1])) return false;
        }
    }
    for (std::int64_t i = 0; i < part.count(); ++i) {
        const Shape at = indices_of(i, part.shape());
        std::int64_t from = 0;
        for (std::size_t d = 0; d < at.size(); ++d)
            from = from * whole.shape()[d] + kept[d][static_cast<std::size_t>(at[d])];
        if (part.f32()[static_cast<std::size_t>(i)] != whole.f32()[static_cast<std::size_t>(from)])
            return false;
    }
    return true;
}

}  // namespace

std::optional<Kept> kept_slices(const Tensor& whole, const Tensor& part) {
    if (whole.dtype() != DType::f32 || part.dtype() != DType::f32 || whole.rank() != part.rank()) return {};
    Kept kept;
    for (std::size_t d = 0; d < part.rank(); ++d) {
        std::vector<std::int64_t>& dimension =
            kept.emplace_back(static_cast<std::size_t>(part.shape()[d]), -1);
        if (part.shape()[d] != whole.shape()[d]) continue;
        for (std::size_t i = 0; i < dimension.size(); ++i) dimension[i] = static_cast<std::int64_t>(i);
    }
    const auto places = unique_values(whole);
    for (std::int64_t i = 0; i < part.count(); ++i) {
        const auto found = places.find(std::bit_cast<std::uint32_t>(part.f32()[static_cast<std::size_t>(i)]));
        if (found == places.end()) return {};
        if (found->second < 0) continue;
        const Shape at = indices_of(i, part.shape());
        const Shape from = indices_of(found->second, whole.shape());
        for (std::size_t d = 0; d < at.size(); ++d) kept[d][static_cast<std::size_t>(at[d])] = from[d];
    }
    if (!is_right(whole, part, kept)) return {};
    return kept;
}

}  // namespace espalier::calibrate
