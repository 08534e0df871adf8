// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/forest_walk/ranked_trees.h"

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/forest_walk/ranked_trees.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Ranks = hn::CappedTag<std::int8_t, 64>;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(Ranks()));
// Registers that wait for each other's results in turn.
constexpr std::int64_t kVectors = kRankedRows / kLanes < 4 ? kRankedRows / kLanes : 4;

/// How many of a run of thresholds are below x.
template <class T>
HWY_ATTR HWY_INLINE std::size_t count_below(T x, const T* thresholds) {
    std::size_t count = 0;
#if HWY_HAVE_FLOAT64
    const hn::CappedTag<T, kRankedThresholds> d;
    for (std::size_t i = 0; i < kRankedThresholds; i += hn::MaxLanes(d))
        count += hn::CountTrue(d, hn::Lt(hn::LoadU(d, thresholds + i), hn::Set(d, x)));
#else
    for (std::size_t i = 0; i < kRankedThresholds; ++i) count += thresholds[i] < x ? 1 : 0;
#endif
    return count;
}

/// ranks: [features][kRankedRows]
template <class T>
HWY_ATTR void rank_values(const RankedTrees<T>& trees, const T* x, std::int64_t rows, std::int64_t columns,
                          std::int8_t* ranks) {
    for (const RankedFeature& feature : trees.features) {
        const T* table = trees.tables.data() + feature.table;
        for (std::int64_t row = 0; row < rows; ++row) {
            const T value = x[row * columns + feature.column];
            std::size_t below = 0;
            const T* run = table;
            if (feature.two_levels) {
                const std::size_t runs = count_below(value, table);
                below = runs * kRankedThresholds;
                run += below + kRankedThresholds;
            }
            below += count_below(value, run);
            ranks[row] = static_cast<std::int8_t>(static_cast<int>(below) - 128);
        }
        ranks += kRankedRows;
    }
}

/// The leaves that kVectors * kLanes rows reach in a tree.
HWY_ATTR HWY_INLINE void find_leaves(const RankedTest* test, const RankedTest* end, const std::int8_t* ranks,
                                     std::int8_t* leaves) {
    const Ranks d;
    auto leaf0 = hn::Zero(d);
    auto leaf1 = leaf0;
    auto leaf2 = leaf0;
    auto leaf3 = leaf0;
    for (; test != end; ++test) {
        const std::int8_t* rank = ranks + test->place;
        const auto k = hn::Set(d, test->rank);
        const auto first = hn::Set(d, static_cast<std::int8_t>(test->first));
        const auto next = hn::Set(d, static_cast<std::int8_t>(test->next));
        const auto passed = [&](auto leaf, std::int64_t at) HWY_ATTR {
            const auto right = hn::And(hn::Gt(hn::LoadU(d, rank + at), k), hn::Eq(leaf, first));
            return hn::IfThenElse(right, next, leaf);
        };
        leaf0 = passed(leaf0, 0);
        if (kVectors > 1) leaf1 = passed(leaf1, kLanes);
        if (kVectors > 2) leaf2 = passed(leaf2, 2 * kLanes);
        if (kVectors > 2) leaf3 = passed(leaf3, 3 * kLanes);
    }
    hn::StoreU(leaf0, d, leaves);
    if (kVectors > 1) hn::StoreU(leaf1, d, leaves + kLanes);
    if (kVectors > 2) hn::StoreU(leaf2, d, leaves + 2 * kLanes);
    if (kVectors > 2) hn::StoreU(leaf3, d, leaves + 3 * kLanes);
}

template <class T>
void add_leaves(const Forest<T>& forest, const RankedTrees<T>& trees, std::size_t tree, std::size_t output,
                const std::uint8_t* leaves, std::int64_t rows, T* y) {
    const auto outputs = static_cast<std::size_t>(forest.outputs);
    if (forest.leaves == ForestLeaves::one) {
        const T* said = trees.said.data() + trees.starts[tree];
        if (outputs == 1) {
            for (std::int64_t row = 0; row < rows; ++row) y[row] += said[leaves[row]];
            return;
        }
        y += output;
        for (std::int64_t row = 0; row < rows; ++row, y += outputs) *y += said[leaves[row]];
        return;
    }
    const std::uint32_t* places = trees.leaves.data() + trees.starts[tree];
    for (std::int64_t row = 0; row < rows; ++row, y += outputs) {
        const T* values = forest.values.data() + places[leaves[row]] * outputs;
        for (std::size_t k = 0; k < outputs; ++k) y[k] += values[k];
    }
}

template <class T>
HWY_ATTR void add(const Forest<T>& forest, const RankedTrees<T>& trees, std::size_t first, const T* x,
                  std::int64_t rows, std::int64_t columns, T* y, std::byte* scratch) {
    auto* leaves = reinterpret_cast<std::int8_t*>(scratch);
    std::int8_t* ranks = leaves + kRankedRows;
    rank_values(trees, x, rows, columns, ranks);
    const RankedTest* test = trees.tests.data();
    for (std::size_t tree = 0; tree < trees.ends.size(); ++tree) {
        const RankedTest* end = trees.tests.data() + trees.ends[tree];
        for (std::int64_t row = 0; row < rows; row += kVectors * kLanes)
            find_leaves(test, end, ranks + row, leaves + row);
        add_leaves(forest, trees, tree, forest.output_of[first + tree],
                   reinterpret_cast<const std::uint8_t*>(leaves), rows, y);
        test = end;
    }
}

void add_f32(const Forest<float>& forest, const RankedTrees<float>& trees, std::size_t first, const float* x,
             std::int64_t rows, std::int64_t columns, float* y, std::byte* scratch) {
    add(forest, trees, first, x, rows, columns, y, scratch);
}
void add_f64(const Forest<double>& forest, const RankedTrees<double>& trees, std::size_t first,
             const double* x, std::int64_t rows, std::int64_t columns, double* y, std::byte* scratch) {
    add(forest, trees, first, x, rows, columns, y, scratch);
}

std::int64_t lanes() { return kLanes; }
const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(add_f32);
HWY_EXPORT(add_f64);
HWY_EXPORT(lanes);
HWY_EXPORT(target_name);

}  // namespace

template <>
void add_ranked(const Forest<float>& forest, const RankedTrees<float>& trees, std::size_t first,
                const float* x, std::int64_t rows, std::int64_t columns, float* y,
                std::byte* scratch) noexcept {
    HWY_DYNAMIC_DISPATCH(add_f32)(forest, trees, first, x, rows, columns, y, scratch);
}
template <>
void add_ranked(const Forest<double>& forest, const RankedTrees<double>& trees, std::size_t first,
                const double* x, std::int64_t rows, std::int64_t columns, double* y,
                std::byte* scratch) noexcept {
    HWY_DYNAMIC_DISPATCH(add_f64)(forest, trees, first, x, rows, columns, y, scratch);
}

std::int64_t ranked_lanes() { return HWY_DYNAMIC_DISPATCH(lanes)(); }
std::string ranked_trees_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
