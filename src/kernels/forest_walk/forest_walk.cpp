#include "kernels/forest_walk/forest_walk.h"

#include <algorithm>

#include "kernels/forest_walk/ranked_trees.h"
#include "kernels/parallel.h"

namespace espalier::kernels {
namespace {

constexpr std::int64_t kLanes = kForestLanes;
// A tree stays in the first cache while a block passes it, and so do the rows of the block.
constexpr std::int64_t kBlockBytes = 16384;
constexpr std::int64_t kMostBlockRows = 256;
// Of forests that walk some trees and rank others: a block's rows are then kept twice.
constexpr std::int64_t kMostColumnsOfBoth = 128;
// Fewer rows are faster one by one, eight trees each: lanes without a row walk, too.
constexpr std::int64_t kLeastRows = 6;
// Trees deeper than this are left before their deepest leaf where all lanes have arrived.
constexpr std::uint32_t kChunk = 4;

template <class T>
std::int64_t block_rows(std::int64_t columns) {
    const std::int64_t fit =
        kBlockBytes / std::max<std::int64_t>(1, columns * static_cast<std::int64_t>(sizeof(T)));
    return std::clamp(fit / kLanes * kLanes, kLanes, kMostBlockRows);
}

/// Bytes of the rows that walk at once.
template <class T>
std::size_t walk_bytes(const Forest<T>& forest, std::int64_t columns) {
    const bool both =
        !std::ranges::all_of(forest.parts, &ForestPart<T>::ranked) && columns <= kMostColumnsOfBoth;
    const std::int64_t rows = std::max(block_rows<T>(columns), both ? kRankedRows : 0);
    return static_cast<std::size_t>(rows * columns) * sizeof(T) / 64 * 64 + 64;
}

template <class T>
bool any_missing(const T* x, std::int64_t count) {
    int missing = 0;
    for (std::int64_t i = 0; i < count; ++i) missing |= static_cast<int>(x[i] != x[i]);
    return missing != 0;
}

/// [rows][columns] to [rows / lanes][columns][lanes]; lanes beyond the last row repeat it.
template <class T>
void interleave(const T* x, std::int64_t rows, std::int64_t columns, T* to) {
    for (std::int64_t first = 0; first < rows; first += kLanes) {
        const T* from[kLanes];
        for (std::int64_t lane = 0; lane < kLanes; ++lane)
            from[lane] = x + std::min(first + lane, rows - 1) * columns;
        for (std::int64_t c = 0; c < columns; ++c) {
            for (std::int64_t lane = 0; lane < kLanes; ++lane) *to++ = from[lane][c];
        }
    }
}

template <class T>
struct Walker {
    const Forest<T>& forest;
    const ForestNode<T>* nodes;

    explicit Walker(const Forest<T>& of) : forest(of), nodes(of.nodes.data()) {}

    /// One step of every lane; `stride`: 1 if each lane has a row of its own, 0 if all are at the first one.
    template <int stride>
    void step(std::uint32_t (&at)[kLanes], const T* x) const {
#pragma GCC unroll 8
        for (int lane = 0; lane < kLanes; ++lane) {
            const ForestNode<T>& node = nodes[at[lane]];
            at[lane] =
                node.child + static_cast<std::uint32_t>(x[node.feature + lane * stride] > node.threshold);
        }
    }

    template <int stride>
    void walk(std::uint32_t (&at)[kLanes], std::uint32_t steps, const T* x) const {
        for (; steps > 2 * kChunk; steps -= kChunk) {
            for (std::uint32_t i = 1; i < kChunk; ++i) step<stride>(at, x);
            std::uint32_t before[kLanes];
            std::copy_n(at, kLanes, before);
            step<stride>(at, x);
            std::uint32_t moved = 0;
            for (int lane = 0; lane < kLanes; ++lane) moved |= before[lane] ^ at[lane];
            if (moved == 0) return;
        }
        for (; steps > 0; --steps) step<stride>(at, x);
    }

    void add(std::size_t tree, std::uint32_t at, T* y) const {
        const std::size_t leaf = forest.leaf_of[at];
        if (forest.leaves == ForestLeaves::one) {
            y[forest.output_of[tree]] += forest.values[leaf];
            return;
        }
        const T* values = forest.values.data() + leaf * static_cast<std::size_t>(forest.outputs);
        for (std::int64_t k = 0; k < forest.outputs; ++k) y[k] += values[k];
    }

    /// A single row, `x` in the first lane: eight trees at a time.
    void one_row(const T* x, T* y) const {
        const std::size_t trees = forest.roots.size();
        for (std::size_t tree = 0; tree < trees; tree += kLanes) {
            std::uint32_t at[kLanes];
            std::uint32_t steps = 0;
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                const std::size_t t = std::min(tree + lane, trees - 1);
                at[lane] = forest.roots[t];
                steps = std::max(steps, forest.steps[t]);
            }
            walk<0>(at, steps, x);
            for (std::size_t lane = 0; lane < kLanes && tree + lane < trees; ++lane)
                add(tree + lane, at[lane], y);
        }
    }

    /// Rows as interleave() puts them, through the trees from `begin` to before `end`.
    void many_rows(std::size_t begin, std::size_t end, const T* x, std::int64_t rows, std::int64_t columns,
                   T* y) const {
        for (std::size_t tree = begin; tree < end; ++tree) {
            for (std::int64_t first = 0; first < rows; first += kLanes) {
                std::uint32_t at[kLanes];
                std::fill_n(at, kLanes, forest.roots[tree]);
                walk<1>(at, forest.steps[tree], x + first * columns);
                const std::int64_t lanes = std::min(kLanes, rows - first);
                for (std::int64_t lane = 0; lane < lanes; ++lane)
                    add(tree, at[lane], y + (first + lane) * forest.outputs);
            }
        }
    }

    /// One row with values that are missing: NaN goes where its node sends it.
    void row_with_missing(const T* x, T* y) const {
        for (std::size_t tree = 0; tree < forest.roots.size(); ++tree) {
            std::uint32_t at = forest.roots[tree];
            while (nodes[at].child != at) {
                const T value = x[nodes[at].feature / kLanes];
                const bool right =
                    value != value ? forest.missing_right[at] != 0 : value > nodes[at].threshold;
                at = nodes[at].child + static_cast<std::uint32_t>(right);
            }
            add(tree, at, y);
        }
    }
};

/// Whether a forest's parts are computed as they say, of rows of so many columns.
template <class T>
bool ranks(const Forest<T>& forest, std::int64_t columns) {
    if (forest.parts.empty()) return false;
    return columns <= kMostColumnsOfBoth || std::ranges::all_of(forest.parts, &ForestPart<T>::ranked);
}

template <class T>
class BlockOfRows {
  public:
    BlockOfRows(const Forest<T>& forest, std::int64_t columns, std::byte* scratch)
        : walker_(forest), forest_(forest), columns_(columns), scratch_(scratch) {}

    /// At most kMostBlockRows rows.
    void run(const T* x, std::int64_t rows, T* y) const {
        std::fill_n(y, rows * forest_.outputs, T(0));
        if (!any_missing(x, rows * columns_)) return add(x, rows, y);
        bool missing[kMostBlockRows];
        std::int64_t count = 0;
        for (std::int64_t row = 0; row < rows; ++row) {
            missing[row] = any_missing(x + row * columns_, columns_);
            count += missing[row] ? 1 : 0;
        }
        // NaN is not above any threshold, which ends at some leaf: those rows are computed again.
        const bool alone = count > rows / 2;
        if (!alone) add(x, rows, y);
        for (std::int64_t row = 0; row < rows; ++row) {
            if (!alone && !missing[row]) continue;
            T* to = y + row * forest_.outputs;
            std::fill_n(to, forest_.outputs, T(0));
            walker_.row_with_missing(x + row * columns_, to);
        }
    }

  private:
    void add(const T* x, std::int64_t rows, T* y) const {
        if (ranks(forest_, columns_) && rows >= forest_.ranked_rows) return add_parts(x, rows, y);
        const std::int64_t most = block_rows<T>(columns_);
        for (std::int64_t first = 0; first < rows; first += most)
            walk(x + first * columns_, std::min(most, rows - first), y + first * forest_.outputs);
    }

    T* lanes() const { return reinterpret_cast<T*>(scratch_); }

    void walk(const T* x, std::int64_t rows, T* y) const {
        if (rows >= kLeastRows) {
            interleave(x, rows, columns_, lanes());
            return walker_.many_rows(0, forest_.roots.size(), lanes(), rows, columns_, y);
        }
        for (std::int64_t row = 0; row < rows; ++row) {
            for (std::int64_t c = 0; c < columns_; ++c) lanes()[c * kLanes] = x[row * columns_ + c];
            walker_.one_row(lanes(), y + row * forest_.outputs);
        }
    }

    void add_parts(const T* x, std::int64_t rows, T* y) const {
        std::byte* behind = scratch_ + walk_bytes(forest_, columns_);
        bool interleaved = false;
        for (const ForestPart<T>& part : forest_.parts) {
            if (part.ranked) {
                add_ranked(forest_, part.trees, part.first, x, rows, columns_, y, behind);
                continue;
            }
            if (!interleaved) interleave(x, rows, columns_, lanes());
            interleaved = true;
            walker_.many_rows(part.first, part.last, lanes(), rows, columns_, y);
        }
    }

    Walker<T> walker_;
    const Forest<T>& forest_;
    std::int64_t columns_;
    std::byte* scratch_;
};

}  // namespace

template <class T>
std::size_t forest_scratch_bytes(const Forest<T>& forest, std::int64_t columns) {
    return walk_bytes(forest, columns) + forest.ranked_bytes;
}

template <class T>
void forest_walk(const Forest<T>& forest, std::int64_t rows, std::int64_t columns, const T* x, T* y,
                 std::byte* scratch, int threads) noexcept {
    const std::int64_t block = ranks(forest, columns) ? kRankedRows : block_rows<T>(columns);
    const std::size_t bytes = forest_scratch_bytes(forest, columns);
    for_each_item((rows + block - 1) / block, threads, [&](std::int64_t item, int thread) {
        const std::int64_t first = item * block;
        const BlockOfRows<T> rows_of(forest, columns, scratch + bytes * static_cast<std::size_t>(thread));
        rows_of.run(x + first * columns, std::min(block, rows - first), y + first * forest.outputs);
    });
}

template std::size_t forest_scratch_bytes(const Forest<float>&, std::int64_t);
template std::size_t forest_scratch_bytes(const Forest<double>&, std::int64_t);
template void forest_walk(const Forest<float>&, std::int64_t, std::int64_t, const float*, float*, std::byte*,
                          int) noexcept;
template void forest_walk(const Forest<double>&, std::int64_t, std::int64_t, const double*, double*,
                          std::byte*, int) noexcept;

}  // namespace espalier::kernels
