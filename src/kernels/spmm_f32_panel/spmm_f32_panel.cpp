// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"

#include <algorithm>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/spmm_f32_panel/spmm_f32_panel.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/vectors/panel_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// All units of a group. `first`: their sums start with the bias. `relu`: they end with it.
template <class S>
HWY_INLINE void run_group(const PackedRows::Group& group, const std::uint32_t* HWY_RESTRICT units,
                          const std::uint16_t* HWY_RESTRICT columns, const float* HWY_RESTRICT values,
                          const PackedRows& w, const float* HWY_RESTRICT x, float* HWY_RESTRICT y, bool first,
                          bool relu) {
    const typename S::D d;
    const typename S::V zero = hn::Zero(d);
    const auto all_rows = static_cast<std::size_t>(w.rows());
    for (std::size_t u = 0; u < group.rows; ++u) {
        const std::size_t rows = rows_of<S>(units[u], all_rows);
        float* HWY_RESTRICT target = y + units[u] * S::kUnit * S::kPanel;
        typename S::V acc[S::kSums][S::kVectors];
        start_unit<S>(first, rows, w.bias() + units[u] * S::kUnit, target, acc);
        add_unit<S>(group.nonzeros, values, columns, x, acc);
        HWY_UNROLL(4)
        for (std::size_t row = 0; row < S::kUnit; ++row) {
            if (row == rows) break;
            HWY_UNROLL(8)
            for (std::size_t v = 0; v < S::kVectors; ++v) {
                const typename S::V sum = relu ? hn::Max(acc[row][v], zero) : acc[row][v];
                hn::StoreU(sum, d, target + row * S::kPanel + v * S::kLanes);
            }
        }
        values += group.nonzeros * S::kUnit;
        columns += group.nonzeros;
    }
}

template <std::size_t kPanelWidth, std::size_t kUnit>
void run_panel(const PackedRows& w, const PackedRows::Part& part, const float* x, float* y, bool relu) {
    using S = Strip<kPanelWidth, kUnit>;
    for (std::size_t strip = 0; strip < S::kCount; ++strip) {
        const PackedRows::Group* group = part.groups.data();
        const std::uint32_t* units = part.rows.data();
        const std::uint16_t* columns = part.columns.data();
        const float* values = part.values.data();
        for (const PackedRows::Block& block : part.blocks) {
            const bool first = &block == &part.blocks.front();
            const bool last = &block == &part.blocks.back();
            const float* x_block = x + block.first_column * kPanelWidth + strip * S::kWidth;
            for (std::uint32_t g = 0; g < block.groups; ++g, ++group) {
                run_group<S>(*group, units, columns, values, w, x_block, y + strip * S::kWidth, first,
                             last && relu);
                const std::size_t stored = std::size_t{group->rows} * group->nonzeros;
                units += group->rows;
                columns += stored;
                values += stored * kUnit;
            }
        }
    }
}

template <std::size_t kUnit>
void run_units(const PackedRows& w, const PackedRows::Part& part, std::int64_t width, const float* x,
               float* y, bool relu) {
    switch (width) {
        case 8:
            return run_panel<8, kUnit>(w, part, x, y, relu);
        case 16:
            return run_panel<16, kUnit>(w, part, x, y, relu);
        case 32:
            return run_panel<32, kUnit>(w, part, x, y, relu);
        case 48:
            return run_panel<48, kUnit>(w, part, x, y, relu);
        default:
            return run_panel<64, kUnit>(w, part, x, y, relu);
    }
}

void run_part(const PackedRows& w, const PackedRows::Part& part, std::int64_t width, const float* x, float* y,
              bool relu) {
    w.unit() == 1 ? run_units<1>(w, part, width, x, y, relu) : run_units<4>(w, part, width, x, y, relu);
}

/// Four registers of a row; of units a strip or two.
std::int64_t best_lanes(int unit) {
    using S = Strip<48, 4>;
    if (unit > 1) return S::kManyRegisters ? 64 : 48;
    return static_cast<std::int64_t>(4 * hn::MaxLanes(hn::CappedTag<float, 16>()));
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_part);
HWY_EXPORT(best_lanes);
HWY_EXPORT(target_name);

}  // namespace

void spmm_f32_panel(const PackedRows& w, const Panels& panels, const float* x, float* y, bool relu,
                    int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(run_part);
    const auto parts = static_cast<std::int64_t>(w.parts().size());
    // Panels of one part are neighbours, so a thread that takes several keeps the weights in its cache.
    for_each_item(parts * panels.count(), threads, [&](std::int64_t item, int) {
        const std::int64_t panel = item % panels.count();
        run(w, w.parts()[static_cast<std::size_t>(item / panels.count())], panels.width(panel),
            x + Panels::start(panel, w.columns()), y + Panels::start(panel, w.rows()), relu);
    });
}

std::int64_t panel_lanes(int unit) {
    constexpr std::int64_t kLeast = 16;  // narrower ones leave a row too little to do
    return std::max(kLeast, HWY_DYNAMIC_DISPATCH(best_lanes)(unit));
}

std::string spmm_f32_panel_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
