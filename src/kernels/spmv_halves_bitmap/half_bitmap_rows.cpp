#include <fmt/format.h>

#include "espalier/error.h"
#include "kernels/spmv_halves_bitmap/spmv_halves_bitmap.h"

namespace espalier::kernels {

HalfBitmapRows::HalfBitmapRows(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                               HalfType type, std::span<const float> bias)
    : rows_(rows), columns_(columns), type_(type), bias_(bias.begin(), bias.end()) {
    if (rows < 1 || columns < 1 || std::ssize(w) != rows * columns || std::ssize(bias) != rows)
        throw InvalidArgument(fmt::format("{} weights and {} biases for a matrix of {} x {}", w.size(),
                                          bias.size(), rows, columns));
    bits_.assign(static_cast<std::size_t>(rows * groups()), 0);
    for (std::int64_t row = 0; row < rows; ++row) {
        starts_.push_back(std::ssize(values_));
        for (std::int64_t column = 0; column < columns; ++column) {
            const std::uint16_t half = to_half(w[static_cast<std::size_t>(row * columns + column)], type);
            if ((half & 0x7FFFU) == 0) continue;  // 0, or rounded to it
            bits_[static_cast<std::size_t>(row * groups() + column / kGroup)] |=
                static_cast<std::uint8_t>(1U << static_cast<unsigned>(column % kGroup));
            values_.push_back(half);
        }
    }
    values_.resize(values_.size() + kGroup, 0);
    values_.shrink_to_fit();
}

}  // namespace espalier::kernels
