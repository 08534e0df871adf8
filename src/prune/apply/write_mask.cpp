#include "prune/apply/write_mask.h"

#include "prune/mask/bits.h"
#include "prune/ranking/ranking_simd.h"

namespace espalier::prune {
namespace {

/// Bits of the units that stay.
void decide(const Cut& cut, std::size_t tensor, std::int64_t first, std::span<const float> scores,
            std::uint64_t* keep) {
    // Units before this one, counted from `first`, win ties with the threshold.
    const auto count = static_cast<std::int64_t>(scores.size());
    std::int64_t winners = tensor < cut.tensor ? count : 0;
    if (tensor == cut.tensor) winners = std::clamp<std::int64_t>(cut.unit - first, 0, count);
    if (winners == count) {
        bits_not_less(scores, cut.score, keep);
        return;
    }
    bits_greater(scores, cut.score, keep);
    for (std::int64_t i = 0; i < winners; ++i) {
        if (scores[static_cast<std::size_t>(i)] == cut.score) keep[i / 64] |= std::uint64_t{1} << (i % 64);
    }
}

/// One bit a column from one bit a unit.
std::vector<std::uint64_t> widened(const std::uint64_t* keep, const Tiling::Piece& piece,
                                   std::int64_t width) {
    std::vector<std::uint64_t> columns(static_cast<std::size_t>(words_for(piece.width)));
    for_each_one(std::span(keep, static_cast<std::size_t>(words_for(piece.units))), [&](std::int64_t u) {
        set_bits(columns.data(), u * width, std::min(width, piece.width - u * width));
    });
    return columns;
}

}  // namespace

void clear_units(const Tiling& tiling, std::int64_t first, std::int64_t count, const std::uint64_t* keep,
                 Mask& mask) {
    const std::int64_t width = tiling.tile().cols;
    std::vector<std::uint64_t> part;
    for (std::int64_t done = 0; done < count;) {
        const Tiling::Piece piece = tiling.piece(first + done, count - done);
        part.resize(static_cast<std::size_t>(words_for(piece.units)));
        copy_bits(keep, done, piece.units, part.data());
        if (width > 1) part = widened(part.data(), piece, width);
        for (std::int64_t row = piece.top; row < piece.top + piece.height; ++row) {
            and_bits(mask.words().data(), row * tiling.cols() + piece.left, piece.width, part.data());
        }
        done += piece.units;
    }
}

void clear_unit(const Tiling& tiling, std::int64_t unit, Mask& mask) {
    const Tiling::Piece piece = tiling.piece(unit, 1);
    for (std::int64_t row = piece.top; row < piece.top + piece.height; ++row) {
        reset_bits(mask.words().data(), row * tiling.cols() + piece.left, piece.width);
    }
}

void write_masks(std::span<const Decided> weights, int threads) {
    std::vector<const UnitScores*> list;
    for (const Decided& weight : weights) list.push_back(weight.scores);
    struct Nothing {};
    Chunks(list).fold(threads, Nothing{}, [&](Nothing&, const Chunk& chunk, std::span<const float> scores) {
        const Decided& weight = weights[chunk.index];
        std::vector<std::uint64_t> keep(static_cast<std::size_t>(words_for(chunk.count)));
        decide(*weight.cut, weight.tensor, chunk.first, scores, keep.data());
        clear_units(weight.scores->tiling(), chunk.first, chunk.count, keep.data(), *weight.mask);
    });
}

}  // namespace espalier::prune
