#include "kernels/packed_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "espalier/error.h"

namespace espalier::kernels {
namespace {

constexpr std::int64_t kMaxIndex = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t kMaxBlock = 1 << 16;
constexpr std::int64_t kRowCost = 4;  // a row by itself takes as long as so many nonzeros

void check(std::int64_t rows, std::int64_t columns, std::size_t weights, std::size_t bias,
           const PackedRows::Blocking& blocking) {
    if (rows < 1 || columns < 1 || rows > kMaxIndex || columns > kMaxIndex) {
        throw InvalidArgument(fmt::format("sparse weights of {}x{}: expected 1 to {} rows and columns", rows,
                                          columns, kMaxIndex));
    }
    if (weights / static_cast<std::size_t>(columns) != static_cast<std::size_t>(rows) ||
        weights % static_cast<std::size_t>(columns) != 0) {
        throw InvalidArgument(fmt::format("sparse weights of {}x{}: got {} values", rows, columns, weights));
    }
    if (bias != static_cast<std::size_t>(rows)) {
        throw InvalidArgument(fmt::format("sparse weights of {}x{}: got {} biases", rows, columns, bias));
    }
    if (blocking.unit != 1 && blocking.unit != 4 && blocking.unit != 16)
        throw InvalidArgument(fmt::format("rows in units of {}: expected 1, 4 or 16", blocking.unit));
    if (blocking.block_columns < 1 || blocking.block_columns > kMaxBlock || blocking.parts < 1) {
        throw InvalidArgument(
            fmt::format("blocks of {} columns in {} parts: expected 1 to {} columns and 1 part or more",
                        blocking.block_columns, blocking.parts, kMaxBlock));
    }
}

std::int64_t nonzeros_in(std::span<const float> values) {
    return std::count_if(values.begin(), values.end(), [](float value) { return value != 0.0F; });
}

/// A weight matrix whose rows are taken in units.
struct Units {
    std::span<const float> w;
    std::int64_t rows, columns, unit;

    std::int64_t count() const { return (rows + unit - 1) / unit; }
    std::int64_t end_row(std::int64_t index) const { return std::min(rows, (index + 1) * unit); }
    float at(std::int64_t row, std::int64_t column) const {
        return row < rows ? w[static_cast<std::size_t>(row * columns + column)] : 0.0F;
    }
    bool has(std::int64_t index, std::int64_t column) const {
        for (std::int64_t row = index * unit; row < end_row(index); ++row) {
            if (at(row, column) != 0.0F) return true;
        }
        return false;
    }
    /// Columns [first, last) of a unit that are stored.
    std::int64_t stored(std::int64_t index, std::int64_t first, std::int64_t last) const {
        std::int64_t count = 0;
        for (std::int64_t column = first; column < last; ++column) count += has(index, column) ? 1 : 0;
        return count;
    }
};

/// Ends of `parts` runs of units with about the same work.
std::vector<std::int64_t> balanced(const std::vector<std::int64_t>& counts, int parts) {
    std::int64_t total = 0;
    for (const std::int64_t count : counts) total += count + kRowCost;
    std::vector<std::int64_t> ends;
    std::int64_t done = 0;
    for (std::size_t row = 0; row < counts.size(); ++row) {
        done += counts[row] + kRowCost;
        const auto due = static_cast<std::int64_t>(ends.size()) + 1;
        if (done >= total * due / parts) ends.push_back(static_cast<std::int64_t>(row) + 1);
    }
    return ends;
}

/// Appends what is stored of columns [first, last) of the units to the part.
void add_block(PackedRows::Part& part, const Units& all, std::pair<std::int64_t, std::int64_t> units,
               std::int64_t first, std::int64_t last) {
    const bool every_one = first == 0 || last == all.columns;
    std::vector<std::pair<std::int64_t, std::int64_t>> order;  // count, unit
    for (std::int64_t index = units.first; index < units.second; ++index) {
        const std::int64_t count = all.stored(index, first, last);
        if (count > 0 || every_one) order.emplace_back(count, index);
    }
    std::sort(order.begin(), order.end());
    part.blocks.push_back({static_cast<std::uint32_t>(first), 0});
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto [count, index] = order[i];
        if (i == 0 || count != order[i - 1].first) {
            part.groups.push_back({static_cast<std::uint32_t>(count), 0});
            ++part.blocks.back().groups;
        }
        ++part.groups.back().rows;
        part.rows.push_back(static_cast<std::uint32_t>(index));
        for (std::int64_t column = first; column < last; ++column) {
            if (!all.has(index, column)) continue;
            part.columns.push_back(static_cast<std::uint16_t>(column - first));
            for (std::int64_t row = index * all.unit; row < (index + 1) * all.unit; ++row)
                part.values.push_back(all.at(row, column));
        }
    }
}

}  // namespace

PackedRows::PackedRows(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                       std::span<const float> bias, const Blocking& blocking)
    : rows_(rows), columns_(columns), unit_(blocking.unit), bias_(bias.begin(), bias.end()) {
    check(rows, columns, w.size(), bias.size(), blocking);
    nonzeros_ = nonzeros_in(w);
    const Units units{w, rows, columns, unit_};
    bias_.resize(static_cast<std::size_t>(units.count() * unit_));
    std::vector<std::int64_t> counts;
    for (std::int64_t index = 0; index < units.count(); ++index)
        counts.push_back(units.stored(index, 0, columns));
    const std::int64_t blocks = (columns + blocking.block_columns - 1) / blocking.block_columns;
    std::int64_t begin = 0;
    for (const std::int64_t end : balanced(counts, blocking.parts)) {
        Part& part = parts_.emplace_back();
        for (std::int64_t block = 0; block < blocks; ++block) {  // of equal width
            add_block(part, units, {begin, end}, columns * block / blocks, columns * (block + 1) / blocks);
        }
        begin = end;
    }
}

}  // namespace espalier::kernels
