#include "espalier/mask.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "prune/ranking/ranking_simd.h"

namespace espalier::prune {
namespace {

constexpr std::int64_t kWordBits = 64;

}  // namespace

Mask::Mask(Shape shape, bool kept) : shape_(std::move(shape)), count_(element_count(shape_)) {
    words_.assign(static_cast<std::size_t>((count_ + kWordBits - 1) / kWordBits),
                  kept ? ~std::uint64_t{0} : 0);
    const std::int64_t used = count_ % kWordBits;
    if (kept && used != 0) words_.back() = (std::uint64_t{1} << used) - 1;
}

std::int64_t Mask::kept() const { return count_ones(words_); }

void Mask::set(std::int64_t index, bool kept) {
    const std::uint64_t bit = std::uint64_t{1} << (index % kWordBits);
    std::uint64_t& word = words_[static_cast<std::size_t>(index / kWordBits)];
    word = kept ? word | bit : word & ~bit;
}

void Mask::apply(std::span<float> values) const {
    if (static_cast<std::int64_t>(values.size()) != count_) {
        throw InvalidArgument(
            fmt::format("a mask of shape {} applied to {} values", to_string(shape_), values.size()));
    }
    for (std::int64_t i = 0; i < count_; ++i) {
        if (!(*this)[i]) values[static_cast<std::size_t>(i)] = 0.0F;
    }
}

std::vector<float> Mask::to_floats() const {
    std::vector<float> floats(static_cast<std::size_t>(count_));
    for (std::int64_t i = 0; i < count_; ++i) floats[static_cast<std::size_t>(i)] = (*this)[i] ? 1.0F : 0.0F;
    return floats;
}

}  // namespace espalier::prune
