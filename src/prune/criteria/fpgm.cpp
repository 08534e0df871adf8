// score(u) = mean over the other units v of the layer of ||W_u - W_v||_2
// He et al. 2019, "Filter Pruning via Geometric Median": the units nearest to the geometric median of all,
// where the sum of distances is least, are those the others can replace. The mean instead of the sum lets
// layers of different width compete. Quadratic in the number of units: meant for filters, channels and heads.
#include <cmath>
#include <vector>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::fpgm_ {
namespace {

/// The units that are left as rows of equal length; behind the edge of the tensor, and where pruned, they are
/// 0.
struct Rows {
    std::int64_t length = 0;
    std::vector<float> values;
    std::vector<std::int64_t> row_of;  // by unit; -1 when nothing of it is left
    std::int64_t count = 0;
};

Rows gather(const Scored& scored, const Tiling& tiling) {
    const Tile tile = tiling.tile();
    Rows rows{.length = tile.rows * tile.cols, .values = {}, .row_of = {}};
    std::vector<float> values(static_cast<std::size_t>(rows.length));
    for (std::int64_t unit = 0; unit < tiling.units(); ++unit) {
        const Tiling::Piece piece = tiling.piece(unit, 1);
        values.assign(values.size(), 0.0F);
        bool is_left = false;
        for (std::int64_t r = 0; r < piece.height; ++r) {
            for (std::int64_t c = 0; c < piece.width; ++c) {
                const std::int64_t at = (piece.top + r) * tiling.cols() + piece.left + c;
                if (scored.current != nullptr && !(*scored.current)[at]) continue;
                values[static_cast<std::size_t>(r * tile.cols + c)] =
                    scored.candidate.weight[static_cast<std::size_t>(at)];
                is_left = true;
            }
        }
        rows.row_of.push_back(is_left ? rows.count++ : -1);
        if (is_left) rows.values.insert(rows.values.end(), values.begin(), values.end());
    }
    return rows;
}

double distance(const float* a, const float* b, std::int64_t length) {
    double sum = 0;
    for (std::int64_t i = 0; i < length; ++i) {
        const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        sum += difference * difference;
    }
    return std::sqrt(sum);
}

void score_units(const Scored& scored, const Tiling& tiling, std::int64_t first, std::span<float> scores) {
    const Rows rows = gather(scored, tiling);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const std::int64_t own = rows.row_of[static_cast<std::size_t>(first) + i];
        double sum = 0;
        for (std::int64_t other = 0; other < rows.count && own >= 0; ++other) {
            sum += distance(&rows.values[static_cast<std::size_t>(own * rows.length)],
                            &rows.values[static_cast<std::size_t>(other * rows.length)], rows.length);
        }
        scores[i] = static_cast<float>(sum / static_cast<double>(std::max<std::int64_t>(1, rows.count - 1)));
    }
}

}  // namespace

extern const Criterion fpgm{.name = "fpgm",
                            .summary = "distance to the geometric median of the layer's units",
                            .formula = "mean ||W_u - W_v||",
                            .source = "He et al. 2019, Filter Pruning via Geometric Median",
                            .signals_mode = SignalsMode::none,
                            .score_units = score_units,
                            .costly = true};

}  // namespace espalier::prune::criteria_::fpgm_
