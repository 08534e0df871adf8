#include "kernels/conv_f16_panel/f16_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/halves.h"
#include "espalier/error.h"

namespace espalier::kernels {
namespace {

constexpr int kSumExponent = 7;    // runs add up to less than 2^7,
constexpr int kMostExponent = 14;  // and to less than 2^14 before they are scaled
constexpr int kLeastExponent = -80;

/// Calls body(row, first value, count) for every row of every block.
template <class Body>
void for_each_row(const PackedRows::Part& part, const Body& body) {
    std::size_t row = 0, value = 0;
    for (const PackedRows::Group& group : part.groups) {
        for (std::uint32_t i = 0; i < group.rows; ++i, value += group.nonzeros)
            body(part.rows[row++], value, group.nonzeros);
    }
}

/// The most that the weights of a run of each row add up to in size; NaN where one is.
std::vector<float> run_sums(const PackedRows& rows) {
    std::vector<float> most(static_cast<std::size_t>(rows.rows()), 0.0F);
    const PackedRows::Part& part = rows.parts().front();
    for_each_row(part, [&](std::uint32_t row, std::size_t first, std::size_t count) {
        for (std::size_t start = 0; start < count; start += F16Rows::kRun) {
            float sum = 0;
            for (std::size_t i = start; i < std::min<std::size_t>(count, start + F16Rows::kRun); ++i)
                sum += std::abs(part.values[first + i]);
            if (!std::isnan(most[row]) && !(sum <= most[row])) most[row] = sum;
        }
    });
    return most;
}

bool is_single(const PackedRows& rows) { return rows.unit() == 1 && rows.parts().size() == 1; }

bool in_reach(const std::vector<float>& sums) {
    return std::ranges::all_of(sums, [](float sum) { return sum < std::ldexp(1.0F, kMostExponent); });
}

int exponent_of(float sum) {
    int exponent = 0;
    std::frexp(sum, &exponent);
    return std::max(exponent, kLeastExponent);
}

/// In both halves of 32 bits. What would round to zero becomes the least there is: a zero would make NaN of
/// an infinite input.
std::uint32_t twice(float scaled) {
    std::uint32_t bits = to_f16(scaled);
    if ((bits & 0x7FFFU) == 0) ++bits;
    return bits << 16 | bits;
}

}  // namespace

bool F16Rows::holds(const PackedRows& rows) { return in_reach(run_sums(rows)); }

F16Rows::F16Rows(const PackedRows& rows)
    : rows_(rows.rows()), columns_(rows.columns()), nonzeros_(rows.nonzeros()) {
    if (!is_single(rows)) throw InvalidArgument("sparse weights in f16: expected single rows in one part");
    const std::vector<float> sums = run_sums(rows);
    if (!in_reach(sums)) {
        throw InvalidArgument(
            fmt::format("sparse weights in f16: {} weights of a row add up to {}, expected less than 2^{}",
                        kRun, *std::ranges::max_element(sums), kMostExponent));
    }
    const PackedRows::Part& part = rows.parts().front();
    blocks_ = part.blocks;
    groups_ = part.groups;
    order_ = part.rows;
    indices_ = part.columns;
    bias_.assign(rows.bias(), rows.bias() + rows.rows());
    for (const float sum : sums)
        worth_.push_back(sum == 0 ? 1 : std::ldexp(1.0F, exponent_of(sum) - kSumExponent));
    values_.resize(part.values.size());
    for_each_row(part, [&](std::uint32_t row, std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count; ++i) values_[i] = twice(part.values[i] / worth_[row]);
    });
}

std::int64_t F16Rows::most_columns() const {
    std::int64_t most = 0, end = columns_;
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
        most = std::max(most, end - block->first_column);
        end = block->first_column;
    }
    return most;
}

}  // namespace espalier::kernels
