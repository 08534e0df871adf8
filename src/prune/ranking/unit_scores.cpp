#include "prune/ranking/unit_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "prune/apply/count_units.h"
#include "prune/mask/bits.h"
#include "prune/ranking/ranking_simd.h"

namespace espalier::prune {
namespace {

constexpr std::int64_t kColumns = 2048;  // 8 KB of scores

}  // namespace

UnitScores::UnitScores(const Scored& scored, const Criterion& criterion, const UnitNorm& norm, Tile tile,
                       int threads)
    : scored_(scored),
      criterion_(criterion),
      norm_(criterion.norm.empty() ? norm : unit_norms().get(criterion.norm)),
      tiling_(scored.layout, tile),
      chunk_(std::max<std::int64_t>(1, kColumns / tile.cols)) {
    count_left(threads);
    if (criterion_.costly) keep_all_scores(threads);
}

void UnitScores::count_left(int threads) {
    const std::int64_t all = scored_.layout.count();
    if (scored_.current == nullptr) {
        units_left_ = units();
        weights_left_ = all;
        if (tiling_.is_even()) even_size_ = all / units();
        return;
    }
    weights_left_ = scored_.current->kept();
    units_left_ = count_units(tiling_, *scored_.current, threads);
    // Masks of the same granularity, the usual case, leave whole units.
    const std::int64_t whole = tiling_.tile().rows * tiling_.tile().cols;
    if (units_left_ * whole == weights_left_) even_size_ = whole;
}

void UnitScores::keep_all_scores(int threads) {
    std::vector<float> scores(static_cast<std::size_t>(units()));
    parallel_for(units(), threads, [&](std::int64_t begin, std::int64_t end) {
        criterion_.score_units(scored_, tiling_, begin,
                               std::span(scores).subspan(static_cast<std::size_t>(begin),
                                                         static_cast<std::size_t>(end - begin)));
    });
    all_scores_ = std::move(scores);
}

void UnitScores::score(std::int64_t first, std::span<float> scores) const {
    if (tiling_.is_single() && criterion_.score != nullptr) {
        score_weights(first, scores, true);
        return;
    }
    std::int64_t sizes_left[kColumns];
    const std::span left(sizes_left, scores.size());
    sizes(first, left);
    if (!all_scores_.empty()) {
        std::copy_n(all_scores_.begin() + first, scores.size(), scores.begin());
    } else if (criterion_.score_units != nullptr) {
        criterion_.score_units(scored_, tiling_, first, scores);
    } else {
        score_pieces(first, left, scores);
    }
    if (scored_.current == nullptr) {
        check(first, scores);
        return;
    }
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = left[i] == 0 ? 0.0F : scores[i];
    check(first, scores);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = left[i] == 0 ? kPrunedScore : scores[i];
}

void UnitScores::score_unchecked(std::int64_t first, std::span<float> scores) const {
    if (tiling_.is_single() && criterion_.score != nullptr) {
        score_weights(first, scores, false);
    } else {
        score(first, scores);
    }
}

void UnitScores::score_weights(std::int64_t first, std::span<float> scores, bool checked) const {
    criterion_.score(scored_, first, scores);
    if (scored_.current == nullptr) {
        if (checked) check(first, scores);
        return;
    }
    std::uint64_t left[kColumns / 64];
    copy_bits(scored_.current->words().data(), first, static_cast<std::int64_t>(scores.size()), left);
    if (checked) {
        // Zeros first: what is gone may have any score, what is left may not.
        fill_where_zero(scores, left, 0.0F);
        check(first, scores);
    }
    fill_where_zero(scores, left, kPrunedScore);
}

void UnitScores::add_row(std::int64_t row, const Tiling::Piece& piece, double* sums) const {
    const std::int64_t width = tiling_.tile().cols;
    // Whole units at a time, or a part of the only unit of the piece.
    const std::int64_t step = width <= kColumns ? kColumns / width * width : kColumns;
    float scores[kColumns];
    std::uint64_t left[kColumns / 64 + 1];
    for (std::int64_t col = 0; col < piece.width; col += step) {
        const std::int64_t count = std::min(step, piece.width - col);
        const std::int64_t at = row * tiling_.cols() + piece.left + col;
        criterion_.score(scored_, at, {scores, static_cast<std::size_t>(count)});
        if (scored_.current != nullptr) {
            copy_bits(scored_.current->words().data(), at, count, left);
            fill_where_zero({scores, static_cast<std::size_t>(count)}, left, norm_.neutral);
        }
        double* const unit = sums + col / width;
        if (width > kColumns) {
            norm_.add(unit, scores, 1, count);
            continue;
        }
        norm_.add(unit, scores, count / width, width);
        const std::int64_t rest = count % width;  // of the shorter unit at the right edge
        if (rest > 0) norm_.add(unit + count / width, scores + count - rest, 1, rest);
    }
}

/// The sums of units at an edge, by how many times larger a whole unit is.
void UnitScores::scale_to_whole(const Tiling::Piece& piece, double* sums) const {
    const Tile tile = tiling_.tile();
    for (std::int64_t u = 0; u < piece.units; ++u) {
        const std::int64_t size = piece.height * std::min(tile.cols, piece.width - u * tile.cols);
        if (size == tile.rows * tile.cols) continue;
        sums[u] *= static_cast<double>(tile.rows * tile.cols) / static_cast<double>(size);
    }
}

void UnitScores::score_pieces(std::int64_t first, std::span<const std::int64_t> left,
                              std::span<float> scores) const {
    const auto count = static_cast<std::int64_t>(scores.size());
    double sums[kColumns];
    std::fill_n(sums, count, static_cast<double>(norm_.neutral));
    for (std::int64_t done = 0; done < count;) {
        const Tiling::Piece piece = tiling_.piece(first + done, count - done);
        for (std::int64_t row = piece.top; row < piece.top + piece.height; ++row)
            add_row(row, piece, sums + done);
        if (norm_.grows_with_size && !tiling_.is_even()) scale_to_whole(piece, sums + done);
        done += piece.units;
    }
    norm_.finish(sums, left.data(), scores);
}

void UnitScores::sizes(std::int64_t first, std::span<std::int64_t> sizes) const {
    const auto count = static_cast<std::int64_t>(sizes.size());
    if (even_size_ && scored_.current == nullptr) {
        std::ranges::fill(sizes, *even_size_);
        return;
    }
    for (std::int64_t done = 0; done < count;) {
        const Tiling::Piece piece = tiling_.piece(first + done, count - done);
        for (std::int64_t u = 0; u < piece.units; ++u) {
            const std::int64_t offset = u * tiling_.tile().cols;
            const std::int64_t width = std::min(tiling_.tile().cols, piece.width - offset);
            sizes[static_cast<std::size_t>(done + u)] =
                size_of(piece.top, piece.height, piece.left + offset, width);
        }
        done += piece.units;
    }
}

std::int64_t UnitScores::size_of(std::int64_t top, std::int64_t height, std::int64_t left,
                                 std::int64_t width) const {
    if (scored_.current == nullptr) return height * width;
    const std::uint64_t* const words = scored_.current->words().data();
    // Where units are left whole or not at all, the first weight speaks for the others.
    if (even_size_) return read_bits(words, top * tiling_.cols() + left, 1) != 0 ? *even_size_ : 0;
    std::int64_t size = 0;
    for (std::int64_t row = top; row < top + height; ++row) {
        size += count_bits(words, row * tiling_.cols() + left, width);
    }
    return size;
}

void UnitScores::check(std::int64_t first, std::span<const float> scores) const {
    if (all_finite(scores)) return;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isfinite(scores[i])) continue;
        throw InvalidArgument(fmt::format("the {} score of \"{}\" is {} at {} {}, expected a finite number",
                                          criterion_.name, name(), std::isnan(scores[i]) ? "NaN" : "infinite",
                                          tiling_.is_single() ? "position" : "unit",
                                          first + static_cast<std::int64_t>(i)));
    }
}

}  // namespace espalier::prune
