#include "calibrate/linear/triangular.h"

#include <algorithm>
#include <cmath>

#include "base/threads/parallel.h"
#include "calibrate/linear/product.h"

namespace espalier::calibrate {
namespace {

constexpr std::int64_t kBlock = 128;

/// Cholesky of the block at (at, at); sums in double, as the pivots decide the accuracy of all.
bool factor_block(float* a, std::int64_t n, std::int64_t at, std::int64_t size) {
    for (std::int64_t j = at; j < at + size; ++j) {
        for (std::int64_t i = j; i < at + size; ++i) {
            double sum = a[i * n + j];
            for (std::int64_t k = at; k < j; ++k) sum -= static_cast<double>(a[i * n + k]) * a[j * n + k];
            if (i == j) {
                if (!(sum > 0) || !std::isfinite(sum)) return false;
                a[j * n + j] = static_cast<float>(std::sqrt(sum));
            } else {
                a[i * n + j] = static_cast<float>(sum / a[j * n + j]);
            }
        }
    }
    return true;
}

/// Rows below the block: x L' = a.
void solve_rows(float* a, std::int64_t n, std::int64_t at, std::int64_t size, int threads) {
    const std::int64_t below = at + size;
    parallel_for(n - below, threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = below + begin; i < below + end; ++i) {
            for (std::int64_t j = at; j < at + size; ++j) {
                float sum = a[i * n + j];
                for (std::int64_t k = at; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
                a[i * n + j] = sum / a[j * n + j];
            }
        }
    });
}

/// The rest of the lower triangle less what the block's columns make of it.
void update_rest(float* a, std::int64_t n, std::int64_t at, std::int64_t size) {
    constexpr std::int64_t kPanel = 512;
    for (std::int64_t left = at + size; left < n; left += kPanel) {
        const std::int64_t cols = std::min(kPanel, n - left);
        multiply(n - left, cols, size, -1, {a + left * n + at, n}, {a + left * n + at, n, true}, 1,
                 a + left * n + left, n);
    }
}

}  // namespace

bool factor(std::vector<float>& a, std::int64_t n, int threads) {
    float* const data = a.data();
    for (std::int64_t at = 0; at < n; at += kBlock) {
        const std::int64_t size = std::min(kBlock, n - at);
        if (!factor_block(data, n, at, size)) return false;
        solve_rows(data, n, at, size, threads);
        update_rest(data, n, at, size);
    }
    for (std::int64_t i = 0; i < n; ++i) std::fill(data + i * n + i + 1, data + (i + 1) * n, 0.0F);
    return true;
}

void invert_lower(std::vector<float>& l, std::int64_t n, int threads) {
    // Row block i of the inverse X: X_ii = L_ii^-1, and to its left -X_ii L_i X with the rows of X above.
    std::vector<float> product;
    for (std::int64_t at = 0; at < n; at += kBlock) {
        const std::int64_t size = std::min(kBlock, n - at);
        float* const rows = l.data() + at * n;
        std::vector<float> own(static_cast<std::size_t>(size * size));
        parallel_for(size, threads, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t col = begin; col < end; ++col) {
                for (std::int64_t i = col; i < size; ++i) {
                    double sum = i == col ? 1 : 0;
                    for (std::int64_t k = col; k < i; ++k)
                        sum -= static_cast<double>(rows[i * n + at + k]) *
                               own[static_cast<std::size_t>(k * size + col)];
                    own[static_cast<std::size_t>(i * size + col)] =
                        static_cast<float>(sum / rows[i * n + at + i]);
                }
            }
        });
        if (at > 0) {
            product.resize(static_cast<std::size_t>(size * at));
            multiply(size, at, at, 1, {rows, n}, {l.data(), n}, 0, product.data(), at);
            multiply(size, at, size, -1, {own.data(), size}, {product.data(), at}, 0, rows, n);
        }
        for (std::int64_t i = 0; i < size; ++i) std::copy_n(own.data() + i * size, size, rows + i * n + at);
    }
}

std::vector<float> inverse(std::vector<float> a, std::int64_t n, int threads) {
    if (!factor(a, n, threads)) return {};
    invert_lower(a, n, threads);
    std::vector<float> out(a.size());
    multiply(n, n, n, 1, {a.data(), n, true}, {a.data(), n}, 0, out.data(), n);
    return out;
}

std::vector<float> upper_factor_of_inverse(const std::vector<float>& a, std::int64_t n, int threads) {
    std::vector<float> backwards(a.rbegin(), a.rend());  // rows and columns from the last to the first
    if (!factor(backwards, n, threads)) return {};
    invert_lower(backwards, n, threads);
    std::ranges::reverse(backwards);
    return backwards;
}

}  // namespace espalier::calibrate
