#include "calibrate/linear/gram.h"

#include <algorithm>
#include <limits>

#include "base/threads/parallel.h"
#include "calibrate/linear/product.h"

namespace espalier::calibrate {
namespace {

constexpr std::int64_t kPanel = 512;  // columns: half of the symmetric matrix is not computed

class Adder {
  public:
    Adder(Gram& gram, int threads) : gram_(gram), threads_(threads) {}

    void add(const float* x, std::int64_t rows) {
        const std::int64_t n = gram_.width;
        gram_.rows += rows;
        add_columns(x, rows);
        for (std::int64_t left = 0; left < n; left += kPanel) {
            const std::int64_t cols = std::min(kPanel, n - left);
            panel_.resize(static_cast<std::size_t>((n - left) * cols));
            multiply(n - left, cols, rows, 1, {x + left, n, true}, {x + left, n}, 0, panel_.data(), cols);
            parallel_for(n - left, threads_, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i) {
                    double* const to = gram_.products.data() + (left + i) * n + left;
                    const float* const from = panel_.data() + i * cols;
                    for (std::int64_t j = 0; j < cols; ++j) to[j] += from[j];
                }
            });
        }
    }

  private:
    void add_columns(const float* x, std::int64_t rows) {
        const std::int64_t n = gram_.width;
        parallel_for(n, threads_, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = 0; row < rows; ++row) {
                for (std::int64_t j = begin; j < end; ++j) {
                    const auto at = static_cast<std::size_t>(j);
                    const float value = x[row * n + j];
                    gram_.sums[at] += value;
                    gram_.least[at] = std::min(gram_.least[at], value);
                    gram_.most[at] = std::max(gram_.most[at], value);
                }
            }
        });
    }

    Gram& gram_;
    int threads_;
    std::vector<float> panel_;
};

}  // namespace

double Gram::mean(std::int64_t column) const {
    return rows == 0 ? 0 : sums[static_cast<std::size_t>(column)] / static_cast<double>(rows);
}

double Gram::variance(std::int64_t column) const {
    const double center = mean(column);
    return rows == 0 ? 0 : std::max(0.0, squares(column) / static_cast<double>(rows) - center * center);
}

double Gram::mean_square() const {
    double sum = 0;
    for (std::int64_t j = 0; j < width; ++j) sum += squares(j);
    return sum / static_cast<double>(std::max<std::int64_t>(1, width));
}

Gram empty_gram(std::int64_t width) {
    const auto n = static_cast<std::size_t>(width);
    return {.width = width,
            .products = std::vector<double>(n * n),
            .sums = std::vector<double>(n),
            .least = std::vector<float>(n, std::numeric_limits<float>::infinity()),
            .most = std::vector<float>(n, -std::numeric_limits<float>::infinity())};
}

void add_rows(Gram& gram, const float* x, std::int64_t rows, int threads) {
    Adder(gram, threads).add(x, rows);
}

/// Panels leave out what lies to the right of them. In squares, as both sides then stay in the cache.
void complete(Gram& gram) {
    constexpr std::int64_t kSide = 64;
    const std::int64_t n = gram.width;
    double* const at = gram.products.data();
    for (std::int64_t top = 0; top < n; top += kSide) {
        for (std::int64_t left = top; left < n; left += kSide) {
            for (std::int64_t i = top; i < std::min(top + kSide, n); ++i) {
                for (std::int64_t j = std::max(left, i + 1); j < std::min(left + kSide, n); ++j)
                    at[i * n + j] = at[j * n + i];
            }
        }
    }
}

void merge(Gram& gram, const Gram& more) {
    gram.rows += more.rows;
    for (std::size_t i = 0; i < gram.products.size(); ++i) gram.products[i] += more.products[i];
    for (std::size_t j = 0; j < gram.sums.size(); ++j) {
        gram.sums[j] += more.sums[j];
        gram.least[j] = std::min(gram.least[j], more.least[j]);
        gram.most[j] = std::max(gram.most[j], more.most[j]);
    }
}

void add_rows(const InputRows& rows, std::vector<Gram>& grams, int threads) {
    while (std::ssize(grams) < rows.groups()) grams.push_back(empty_gram(rows.width()));
    std::vector<float> copy;
    for (std::int64_t group = 0; group < rows.groups(); ++group) {
        Gram& gram = grams[static_cast<std::size_t>(group)];
        Adder adder(gram, threads);
        for (std::int64_t first = 0; first < rows.count(); first += kRowsAtOnce) {
            const std::int64_t count = std::min(kRowsAtOnce, rows.count() - first);
            const float* x = rows.in_place(group, first);
            if (x == nullptr) {
                copy.resize(static_cast<std::size_t>(count * rows.width()));
                rows.copy(group, first, count, copy.data(), threads);
                x = copy.data();
            }
            adder.add(x, count);
        }
        complete(gram);
    }
}

}  // namespace espalier::calibrate
