#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "espalier/error.h"
#include "kernels/spmv_halves_csr/spmv_halves_csr.h"

namespace espalier::kernels {
namespace {

constexpr std::int64_t kChunk = 1024;  // units that are sorted by their columns: what they give stays near

}  // namespace

SparseHalves::SparseHalves(std::int64_t rows, std::int64_t columns, std::span<const float> w, HalfType type,
                           std::span<const float> bias, int unit)
    : rows_(rows), columns_(columns), type_(type), unit_(unit), bias_(bias.begin(), bias.end()) {
    if (rows < 1 || columns < 1 || columns > kMostColumns || std::ssize(w) != rows * columns ||
        std::ssize(bias) != rows)
        throw InvalidArgument(fmt::format("{} weights and {} biases for a matrix of {} x {}", w.size(),
                                          bias.size(), rows, columns));
    if (unit != 1 && unit != kUnit)
        throw InvalidArgument(fmt::format("units of {} rows, expected 1 or {}", unit, kUnit));
    starts_.push_back(0);
    for (std::int64_t begin = 0; begin < rows; begin += kChunk * unit) {
        const std::int64_t end = std::min(begin + kChunk * unit, rows);
        std::vector<std::pair<std::int64_t, std::int64_t>> units;  // columns, first row
        for (std::int64_t first = begin; first < end; first += unit)
            units.emplace_back(width(w, first), first);
        std::ranges::sort(units);
        for (const auto& [width, first] : units) add_unit(w, first);
    }
    values_.shrink_to_fit();
    columns_at_.shrink_to_fit();
}

bool SparseHalves::is_there(std::span<const float> w, std::int64_t first, std::int64_t column) const {
    for (std::int64_t row = first; row < end_of(first); ++row) {
        if (w[static_cast<std::size_t>(row * columns_ + column)] != 0) return true;
    }
    return false;
}

std::int64_t SparseHalves::width(std::span<const float> w, std::int64_t first) const {
    std::int64_t count = 0;
    for (std::int64_t column = 0; column < columns_; ++column) count += is_there(w, first, column) ? 1 : 0;
    return unit_ == 1 ? (count + kStep - 1) / kStep * kStep : count;
}

void SparseHalves::add_unit(std::span<const float> w, std::int64_t first) {
    for (std::int64_t column = 0; column < columns_; ++column) {
        if (!is_there(w, first, column)) continue;
        columns_at_.push_back(static_cast<std::uint16_t>(column));
        for (std::int64_t row = first; row < end_of(first); ++row)
            values_.push_back(to_half(w[static_cast<std::size_t>(row * columns_ + column)], type_));
        values_.resize(columns_at_.size() * static_cast<std::size_t>(unit_), 0);
    }
    while (unit_ == 1 && std::ssize(columns_at_) % kStep != 0) {
        columns_at_.push_back(0);
        values_.push_back(0);
    }
    starts_.push_back(std::ssize(columns_at_));
    first_rows_.push_back(static_cast<std::uint32_t>(first));
}

std::int64_t SparseHalves::share_begin(std::int64_t share, std::int64_t shares) const {
    if (share >= shares) return units();
    const std::int64_t at = starts_.back() * share / shares;
    return std::min(units(), std::ranges::lower_bound(starts_, at) - starts_.begin());
}

}  // namespace espalier::kernels
