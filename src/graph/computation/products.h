// Plain products of matrices.
#pragma once

#include "graph/computation/elementwise.h"

namespace espalier {

/// Y += A * B with the distances between rows and columns of each; sums in double for f32.
template <class T>
struct MatrixView {
    const T* data;
    std::int64_t row_step, column_step;
};

template <class T>
void multiply(const MatrixView<T>& a, const MatrixView<T>& b, std::int64_t rows, std::int64_t inner,
              std::int64_t columns, T* y) {
    using Acc = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
    std::vector<Acc> sums(static_cast<std::size_t>(columns));
    for (std::int64_t i = 0; i < rows; ++i) {
        std::fill(sums.begin(), sums.end(), Acc{});
        for (std::int64_t k = 0; k < inner; ++k) {
            const auto factor = static_cast<Acc>(a.data[i * a.row_step + k * a.column_step]);
            const T* row = b.data + k * b.row_step;
            for (std::int64_t j = 0; j < columns; ++j)
                sums[static_cast<std::size_t>(j)] += factor * static_cast<Acc>(row[j * b.column_step]);
        }
        for (std::int64_t j = 0; j < columns; ++j)
            y[i * columns + j] = static_cast<T>(sums[static_cast<std::size_t>(j)]);
    }
}

}  // namespace espalier
