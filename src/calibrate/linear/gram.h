// X'X of a layer's inputs, and what else a criterion asks of them: products in f32, sums in double.
#pragma once

#include <cstdint>
#include <vector>

#include "calibrate/rows/input_rows.h"

namespace espalier::calibrate {

/// Of one group's matrix of inputs.
struct Gram {
    std::int64_t width = 0;
    std::int64_t rows = 0;
    std::vector<double> products = {};  // X'X, width x width
    std::vector<double> sums = {};      // of each column
    std::vector<float> least = {}, most = {};

    double mean(std::int64_t column) const;
    /// Of the squares about the mean.
    double variance(std::int64_t column) const;
    double squares(std::int64_t column) const {
        return products[static_cast<std::size_t>(column * (width + 1))];
    }
    /// The mean of the squares of all columns: what damping is measured in.
    double mean_square() const;
};

/// Widest layer whose X'X is taken: 12,288 inputs need 1.1 GiB in double, and as much again while a method
/// runs.
inline constexpr std::int64_t kWidest = 12'288;

/// f32 sums of so many products are right to about 1e-6; after them a sum goes on in double.
inline constexpr std::int64_t kRowsAtOnce = 2048;

/// Of nothing yet. For rows that are added one by one: complete() at the end fills in what is symmetric.
Gram empty_gram(std::int64_t width);
void add_rows(Gram& gram, const float* x, std::int64_t rows, int threads);
void complete(Gram& gram);
/// Rows of another one of that width; both are complete.
void merge(Gram& gram, const Gram& more);

/// Adds the rows of every group; `grams` holds one a group, or nothing before the first call.
void add_rows(const InputRows& rows, std::vector<Gram>& grams, int threads);

}  // namespace espalier::calibrate
