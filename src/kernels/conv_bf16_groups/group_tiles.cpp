#include "kernels/conv_bf16_groups/group_tiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "espalier/error.h"

namespace espalier::kernels {

GroupTiles::GroupTiles(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                       std::span<const float> bias, int unit)
    : rows_(rows), width_(columns), unit_(unit) {
    if ((unit != 16 && unit != 32) || std::ssize(w) != rows * columns || std::ssize(bias) != rows) {
        throw InvalidArgument(fmt::format("{} weights and {} biases in groups of {} for a matrix of {}x{}",
                                          w.size(), bias.size(), unit, rows, columns));
    }
    bias_.assign(static_cast<std::size_t>((rows + unit - 1) / unit * unit), 0.0F);
    std::ranges::copy(bias, bias_.begin());
    const auto value = [&](std::int64_t row, std::int64_t column) {
        return row < rows ? w[static_cast<std::size_t>(row * columns + column)] : 0.0F;
    };
    std::int64_t chunks = 0;
    for (std::int64_t first = 0; first < rows; first += unit) {
        Group group{.first_column = std::ssize(columns_), .columns = 0, .first_chunk = chunks, .chunks = 1};
        for (std::int64_t k = 0; k < columns; ++k) {
            bool kept = false;
            for (std::int64_t row = 0; row < unit; ++row) kept |= value(first + row, k) != 0.0F;
            if (kept) columns_.push_back(static_cast<std::int32_t>(k));
        }
        group.columns = std::ssize(columns_) - group.first_column;
        group.chunks = std::max<std::int64_t>(1, (group.columns + kChunk - 1) / kChunk);
        values_.resize(static_cast<std::size_t>((chunks + group.chunks) * unit * kChunk), 0);
        for (std::int64_t i = 0; i < group.columns; ++i) {
            const std::int64_t column = columns_[static_cast<std::size_t>(group.first_column + i)];
            std::uint16_t* const chunk = values_.data() + (chunks + i / kChunk) * unit * kChunk + i % kChunk;
            for (std::int64_t row = 0; row < unit; ++row)
                chunk[row * kChunk] = to_bf16(value(first + row, column));
        }
        chunks += group.chunks;
        groups_.push_back(group);
    }
}

std::int64_t GroupTiles::most_chunks() const {
    std::int64_t most = 1;
    for (const Group& group : groups_) most = std::max(most, group.chunks);
    return most;
}

std::uint16_t to_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40);
    return static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

}  // namespace espalier::kernels
