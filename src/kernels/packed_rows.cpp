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
    if (blocking.block_columns < 1 || blocking.block_columns > kMaxBlock || blocking.parts < 1) {
        throw InvalidArgument(
            fmt::format("blocks of {} columns in {} parts: expected 1 to {} columns and 1 part or more",
                        blocking.block_columns, blocking.parts, kMaxBlock));
    }
}

std::int64_t nonzeros_in(std::span<const float> values) {
    return std::count_if(values.begin(), values.end(), [](float value) { return value != 0.0F; });
}

/// Ends of `parts` runs of rows with about the same work.
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

/// Appends the nonzeros of columns [first, last) of the rows to the part.
void add_block(PackedRows::Part& part, std::span<const float> w, std::int64_t columns,
               std::pair<std::int64_t, std::int64_t> rows, std::int64_t first, std::int64_t last) {
    const bool every_row = first == 0 || last == columns;
    const auto slice = [&](std::int64_t row) {
        return w.subspan(static_cast<std::size_t>(row * columns + first),
                         static_cast<std::size_t>(last - first));
    };
    std::vector<std::pair<std::int64_t, std::int64_t>> order;  // count, row
    for (std::int64_t row = rows.first; row < rows.second; ++row) {
        const std::int64_t count = nonzeros_in(slice(row));
        if (count > 0 || every_row) order.emplace_back(count, row);
    }
    std::sort(order.begin(), order.end());
    part.blocks.push_back({static_cast<std::uint32_t>(first), 0});
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i == 0 || order[i].first != order[i - 1].first) {
            part.groups.push_back({static_cast<std::uint32_t>(order[i].first), 0});
            ++part.blocks.back().groups;
        }
        ++part.groups.back().rows;
        part.rows.push_back(static_cast<std::uint32_t>(order[i].second));
        const auto values = slice(order[i].second);
        for (std::size_t column = 0; column < values.size(); ++column) {
            if (values[column] == 0.0F) continue;
            part.columns.push_back(static_cast<std::uint16_t>(column));
            part.values.push_back(values[column]);
        }
    }
}

}  // namespace

PackedRows::PackedRows(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                       std::span<const float> bias, const Blocking& blocking)
    : rows_(rows), columns_(columns), bias_(bias.begin(), bias.end()) {
    check(rows, columns, w.size(), bias.size(), blocking);
    std::vector<std::int64_t> counts;
    for (std::int64_t row = 0; row < rows; ++row) {
        counts.push_back(nonzeros_in(
            w.subspan(static_cast<std::size_t>(row * columns), static_cast<std::size_t>(columns))));
        nonzeros_ += counts.back();
    }
    const std::int64_t blocks = (columns + blocking.block_columns - 1) / blocking.block_columns;
    std::int64_t begin = 0;
    for (const std::int64_t end : balanced(counts, blocking.parts)) {
        Part& part = parts_.emplace_back();
        for (std::int64_t block = 0; block < blocks; ++block) {  // of equal width
            add_block(part, w, columns, {begin, end}, columns * block / blocks,
                      columns * (block + 1) / blocks);
        }
        begin = end;
    }
}

}  // namespace espalier::kernels
