#include "trees/choose/synthetic_rows.h"

#include <cmath>
#include <limits>

#include "base/random.h"
#include "trees/grown/index.h"

namespace espalier::trees {
namespace {

/// 1 over the deviation of each column, of the rows that have a number there; 0 for columns that say nothing.
std::vector<double> column_scales(const Examples& examples) {
    std::vector<double> scales(at(examples.columns), 0);
    for (std::int64_t c = 0; c < examples.columns; ++c) {
        double count = 0;
        double mean = 0;
        double squares = 0;
        for (std::int64_t row = 0; row < examples.rows(); ++row) {
            const double value = examples.row(row)[c];
            if (!std::isfinite(value)) continue;
            count += 1;
            const double off = value - mean;
            mean += off / count;
            squares += off * (value - mean);
        }
        if (squares > 0) scales[at(c)] = std::sqrt(count / squares);
    }
    return scales;
}

std::int64_t nearest(const Examples& scaled, std::int64_t row) {
    double least = std::numeric_limits<double>::infinity();
    std::int64_t found = row;
    for (std::int64_t other = 0; other < scaled.rows(); ++other) {
        if (other == row) continue;
        double square = 0;
        for (std::int64_t c = 0; c < scaled.columns && square < least; ++c) {
            const double off = scaled.row(row)[c] - scaled.row(other)[c];
            if (std::isfinite(off)) square += off * off;
        }
        if (square < least) {
            least = square;
            found = other;
        }
    }
    return found;
}

}  // namespace

Examples with_synthetic_rows(const Examples& examples, int copies, std::uint64_t seed,
                             const std::function<void()>& pause) {
    Examples made = examples;
    if (copies < 1 || examples.rows() < 2) return made;
    Examples scaled = examples;
    const std::vector<double> scales = column_scales(examples);
    for (std::size_t i = 0; i < scaled.x.size(); ++i) scaled.x[i] *= scales[i % scales.size()];
    Random random(seed, "synthetic rows");
    for (std::int64_t row = 0; row < examples.rows(); ++row) {
        if (pause) pause();
        const double* near = examples.row(nearest(scaled, row));
        for (int copy = 0; copy < copies; ++copy) {
            for (std::int64_t c = 0; c < examples.columns; ++c) {
                double value = examples.row(row)[c];
                const double wide = std::abs(value - near[c]);
                if (random.uniform() < 0.5F)
                    value =
                        std::isfinite(wide) ? near[c] + wide * static_cast<double>(random.normal()) : near[c];
                made.x.push_back(value);
            }
            made.y.push_back(examples.y[at(row)]);
        }
    }
    return made;
}

}  // namespace espalier::trees
