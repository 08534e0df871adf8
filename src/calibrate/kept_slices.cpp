#include "calibrate/kept_slices.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace espalier::calibrate {
namespace {

using Kept = std::vector<std::vector<std::int64_t>>;

/// Where values are that occur once, by their bits, in order.
class UniqueValues {
  public:
    explicit UniqueValues(const Tensor& tensor) {
        places_.reserve(static_cast<std::size_t>(tensor.count()));
        for (std::int64_t i = 0; i < tensor.count(); ++i)
            places_.emplace_back(bits_of(tensor.f32()[static_cast<std::size_t>(i)]), i);
        std::ranges::sort(places_);
    }

    /// -1: several have this value; -2: none.
    std::int64_t place_of(float value) const {
        const auto first = std::ranges::lower_bound(places_, bits_of(value), {}, &Place::first);
        if (first == places_.end() || first->first != bits_of(value)) return -2;
        const auto next = std::next(first);
        return next != places_.end() && next->first == first->first ? -1 : first->second;
    }

  private:
    using Place = std::pair<std::uint32_t, std::int64_t>;

    static std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }

    std::vector<Place> places_;
};

/// To the indices of the next element.
void step(Shape& indices, const Shape& shape) {
    for (std::size_t d = shape.size(); d-- > 0;) {
        if (++indices[d] < shape[d]) return;
        indices[d] = 0;
    }
}

/// Fills in indices along every dimension from elements of `part` whose values tell their place. Most of
/// them tell nothing new and are not looked up. False if `whole` does not have a value.
bool find_slices(const Tensor& whole, const Tensor& part, Kept& kept) {
    const UniqueValues places(whole);
    Shape at(part.rank());
    for (std::int64_t i = 0; i < part.count(); ++i, step(at, part.shape())) {
        bool is_new = false;
        for (std::size_t d = 0; d < at.size(); ++d) is_new |= kept[d][static_cast<std::size_t>(at[d])] < 0;
        if (!is_new) continue;
        std::int64_t place = places.place_of(part.f32()[static_cast<std::size_t>(i)]);
        if (place == -2) return false;
        if (place < 0) continue;
        for (std::size_t d = at.size(); d-- > 0;) {
            kept[d][static_cast<std::size_t>(at[d])] = place % whole.shape()[d];
            place /= whole.shape()[d];
        }
    }
    return true;
}

bool is_right(const Tensor& whole, const Tensor& part, const Kept& kept) {
    for (const std::vector<std::int64_t>& dimension : kept) {
        for (std::size_t i = 0; i < dimension.size(); ++i) {
            if (dimension[i] < 0 || (i > 0 && dimension[i] <= dimension[i - 1])) return false;
        }
    }
    Shape at(part.rank());
    for (std::int64_t i = 0; i < part.count(); ++i, step(at, part.shape())) {
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
    if (!find_slices(whole, part, kept) || !is_right(whole, part, kept)) return {};
    return kept;
}

}  // namespace espalier::calibrate
