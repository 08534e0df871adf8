// Where along an axis the element is that comes before all others: ArgMax and ArgMin.
#pragma once

#include <algorithm>
#include <vector>

#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

/// `better(x, best)` is false for equals; the first of them is taken, or with select_last_index the last.
template <class Better>
void extreme_indices(const float* x, std::int64_t length, std::int64_t step, std::int64_t columns, bool last,
                     std::int64_t* y, const Better& better) {
    const int equals = last ? 1 : 0;
    constexpr std::int64_t kBlock = 64;  // neighbours that are searched side by side
    for (std::int64_t first = 0; first < columns; first += kBlock) {
        const std::int64_t width = std::min(kBlock, columns - first);
        float best[kBlock];
        std::int32_t found[kBlock] = {};
        std::copy_n(x + first, width, best);
        for (std::int64_t k = 1; k < length; ++k) {
            const float* row = x + k * step + first;
            const auto index = static_cast<std::int32_t>(k);
            for (std::int64_t j = 0; j < width; ++j) {
                // Without a shortcut, so that these are selects and not branches.
                const bool takes = (static_cast<int>(better(row[j], best[j])) |
                                    (equals & static_cast<int>(row[j] == best[j]))) != 0;
                best[j] = takes ? row[j] : best[j];
                found[j] = takes ? index : found[j];
            }
        }
        std::copy_n(found, width, y + first);
    }
}

/// Along the last dimension: the best element in several lanes, then where it is. NaN comes before nothing,
/// and nothing before a NaN that stands first.
template <class Better>
std::int64_t extreme_in_row(const float* x, std::int64_t length, bool last, const Better& better) {
    constexpr std::int64_t kSide = 16;
    float lanes[kSide];
    std::fill_n(lanes, kSide, x[0]);
    std::int64_t i = 0;
    for (; i + kSide <= length; i += kSide) {
        for (std::int64_t k = 0; k < kSide; ++k) lanes[k] = better(x[i + k], lanes[k]) ? x[i + k] : lanes[k];
    }
    for (; i < length; ++i) lanes[0] = better(x[i], lanes[0]) ? x[i] : lanes[0];
    float best = lanes[0];
    for (const float lane : lanes) best = better(lane, best) ? lane : best;
    if (last) {
        for (std::int64_t k = length; k-- > 0;) {
            if (x[k] == best) return k;
        }
        return 0;
    }
    const float* found = std::find(x, x + length, best);
    return found == x + length ? 0 : found - x;
}

inline bool takes_extreme_index(const Node& node, const std::map<std::string, ValueType>& types,
                                const Graph&) {
    const ValueType& x = types.at(node.inputs[0]);
    const auto fits = [](const Dim& dim) { return dim.size() < (std::int64_t{1} << 31); };
    return x.dtype == DType::f32 && std::ranges::all_of(x.dims, fits);
}

template <class Better>
std::vector<Candidate> extreme_index(const LoweringContext& site, const Better& better) {
    const Shape& x = site.operands[0].shape;
    std::int64_t axis = site.node.attribute_int("axis", 0);
    if (axis < 0) axis += std::ssize(x);
    const std::int64_t outer = element_count(Shape(x.begin(), x.begin() + axis));
    const std::int64_t inner = element_count(Shape(x.begin() + axis + 1, x.end()));
    const std::int64_t length = x[static_cast<std::size_t>(axis)];
    const bool last = site.node.attribute_int("select_last_index", 0) != 0;
    return {loops(outer, element_count(x),
                  [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      const float* rows = inputs[0].f32();
                      auto* y = output.as<std::int64_t>();
                      for (std::int64_t i = begin; inner == 1 && i < end; ++i)
                          y[i] = extreme_in_row(rows + i * length, length, last, better);
                      for (std::int64_t i = begin; inner != 1 && i < end; ++i)
                          extreme_indices(rows + i * length * inner, length, inner, inner, last,
                                          y + i * inner, better);
                  })};
}

}  // namespace espalier::runtime
