#include "prune/apply/count_units.h"

#include <atomic>
#include <vector>

#include "base/threads/parallel.h"
#include "prune/mask/bits.h"
#include "prune/ranking/ranking_simd.h"

namespace espalier::prune {
namespace {

/// The piece's columns in which any row keeps something.
void or_rows(const Tiling& tiling, const Tiling::Piece& piece, const Mask& mask,
             std::vector<std::uint64_t>& columns) {
    columns.assign(static_cast<std::size_t>(words_for(piece.width)), 0);
    for (std::int64_t row = piece.top; row < piece.top + piece.height; ++row) {
        const std::int64_t first = row * tiling.cols() + piece.left;
        for (std::int64_t i = 0; i < piece.width; i += 64) {
            columns[static_cast<std::size_t>(i / 64)] |=
                read_bits(mask.words().data(), first + i, std::min<std::int64_t>(64, piece.width - i));
        }
    }
}

}  // namespace

std::int64_t count_units(const Tiling& tiling, const Mask& mask, int threads) {
    if (tiling.is_single()) return mask.kept();
    const std::int64_t width = tiling.tile().cols;
    const std::int64_t step = std::max<std::int64_t>(1, 4096 / width);
    std::atomic<std::int64_t> left = 0;
    parallel_for((tiling.units() + step - 1) / step, threads, [&](std::int64_t begin, std::int64_t end) {
        std::vector<std::uint64_t> columns;
        std::int64_t own = 0;
        const std::int64_t last = std::min(tiling.units(), end * step);
        for (std::int64_t first = begin * step; first < last;) {
            const Tiling::Piece piece = tiling.piece(first, std::min(step, last - first));
            or_rows(tiling, piece, mask, columns);
            if (width == 1) own += count_ones(columns);
            for (std::int64_t u = 0; u < piece.units && width > 1; ++u) {
                const std::int64_t cols = std::min(width, piece.width - u * width);
                if (count_bits(columns.data(), u * width, cols) > 0) ++own;
            }
            first += piece.units;
        }
        left += own;
    });
    return left;
}

}  // namespace espalier::prune
